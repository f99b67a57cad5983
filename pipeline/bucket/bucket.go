// Package bucket owns the objects of S3 stores: their names, the requests for them, and when a
// request is made again. It knows neither pictures nor runs, and it never writes a credential
// into a message.
//
// Endpoints, regions and credentials are read as Amazon's tools read them: from AWS_ENDPOINT_URL_S3
// or AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the files of
// profiles (AWS_PROFILE), and the role of the container or machine.
//
// A request that fails for a reason that may pass is made again, as [Policy] says. An error that
// is left is an [*Error], or ctx's own.
package bucket

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// Scheme begins the names of objects, as in s3://bucket/key.
const Scheme = "s3://"

// IsURL says whether a name is of an object, a prefix or a bucket.
func IsURL(name string) bool { return strings.HasPrefix(name, Scheme) }

// Split splits s3://bucket/key. The key is empty for s3://bucket and s3://bucket/. Keys are taken
// as they stand, without percent signs for bytes.
func Split(name string) (bucket, key string, err error) {
	rest, ok := strings.CutPrefix(name, Scheme)
	if !ok {
		return "", "", fmt.Errorf("%s: an object is named as in s3://bucket/key", show(name))
	}
	bucket, key, _ = strings.Cut(rest, "/")
	if strings.ContainsAny(bucket, "@:") { // it may be a password
		return "", "", errors.New("the name of a bucket has no @ and no colon, and credentials do not belong into it: write s3://bucket/key, and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE")
	}
	if err := s3utils.CheckValidBucketName(bucket); err != nil {
		return "", "", fmt.Errorf("%s: %s is no name of a bucket: it has 3 to 63 letters, digits, dots and dashes, as in s3://bucket/key", show(name), show(bucket))
	}
	if err := s3utils.CheckValidObjectNamePrefix(key); err != nil {
		return "", "", fmt.Errorf("%s: a key has at most 1024 bytes of UTF-8", show(name))
	}
	return bucket, key, nil
}

// Info describes an object.
type Info struct {
	Key      string
	Size     int64  // in bytes
	ETag     string // changes with the content; without quotes
	Modified time.Time
}

// Options describe how a store is reached. The zero value takes everything from the environment.
type Options struct {
	Retry Policy
}

// Client reaches the buckets of one store. It is safe for concurrent use.
type Client struct {
	core   minio.Core
	creds  *credentials.Credentials
	config config
	policy Policy

	answered atomic.Bool // the store has answered a request
	signs    atomic.Bool // contents are signed, since the store takes no checksums
}

// New returns a client for the store that the environment names. It makes no request.
func New(o Options) (*Client, error) {
	conf, err := environment()
	if err != nil {
		return nil, err
	}
	tr, err := conf.transport()
	if err != nil {
		return nil, err
	}
	if o.Retry.Attempts == 0 {
		o.Retry.Attempts = conf.attempts
	}
	c := &Client{creds: credentials.New(newChain(conf)), config: conf, policy: o.Retry.withDefaults()}
	client, err := minio.New(conf.host, &minio.Options{
		Creds: c.creds, Secure: conf.secure, Region: conf.region, Transport: tr,
		MaxRetries: 1, // Policy alone decides
	})
	if err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", show(conf.host), err)
	}
	c.core.Client = client
	return c, nil
}

// Bucket is a bucket of a store. It is safe for concurrent use.
type Bucket struct {
	client *Client
	name   string
}

// Open opens the bucket of a name such as s3://bucket/key and returns the key too. It makes no
// request.
func (c *Client) Open(name string) (b *Bucket, key string, err error) {
	bucket, key, err := Split(name)
	if err != nil {
		return nil, "", err
	}
	return &Bucket{c, bucket}, key, nil
}

// URL is s3://bucket/key.
func (b *Bucket) URL(key string) string { return Scheme + b.name + "/" + key }

// show is a name in the form of messages: on one line, and quoted if a terminal would obey it.
func show(name string) string {
	if name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}

// transport returns connections for many requests at a time. Deadlines are set by watch.
func (c *config) transport() (*http.Transport, error) {
	tr, err := minio.DefaultTransport(c.secure)
	if err != nil {
		return nil, err
	}
	tr.MaxIdleConnsPerHost = 64
	tr.WriteBufferSize = 64 << 10 // a small object is sent with one write
	tr.ResponseHeaderTimeout = 0
	tr.Proxy = proxy
	if c.authorities != nil && c.secure {
		tr.TLSClientConfig.RootCAs = c.authorities
	}
	return tr, nil
}

// proxy is the proxy of the environment. A proxy's name may have a password in it.
func proxy(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errors.New("the proxy that the environment names is malformed: set HTTPS_PROXY or HTTP_PROXY as in http://proxy:3128")
	}
	return u, nil
}
