package bucket

import (
	"errors"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7/pkg/credentials"
)

// ErrNoCredentials says that no credentials were found.
var ErrNoCredentials = errors.New("no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with AWS_PROFILE, " +
	"or run on a machine with a role; AWS_NO_SIGN_REQUEST=true reads public buckets without credentials")

// chain looks for credentials in the environment, the profile, and the role of the container or
// machine, in this order. It is a credentials.Provider. Errors of the providers are dropped, since
// they may have lines of files with credentials in them.
type chain struct {
	anonymous bool
	providers []credentials.Provider
	mu        sync.Mutex
	current   credentials.Provider
}

func newChain(c config) *chain {
	role := &credentials.IAM{Client: &http.Client{
		Transport: &http.Transport{DialContext: (&net.Dialer{Timeout: time.Second}).DialContext},
		Timeout:   10 * time.Second,
	}}
	file := &credentials.FileAWSCredentials{}
	providers := []credentials.Provider{&credentials.EnvAWS{}, file}
	switch {
	case os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "":
		providers = []credentials.Provider{&credentials.EnvAWS{}, role, file}
	case !isTrue(os.Getenv("AWS_EC2_METADATA_DISABLED")):
		providers = append(providers, role)
	}
	return &chain{anonymous: c.anonymous, providers: providers}
}

// RetrieveWithCredContext looks for credentials.
func (c *chain) RetrieveWithCredContext(cc *credentials.CredContext) (credentials.Value, error) {
	if c.anonymous {
		return credentials.Value{SignerType: credentials.SignatureAnonymous}, nil
	}
	for _, p := range c.providers {
		v, err := p.RetrieveWithCredContext(cc)
		if err == nil && v.AccessKeyID != "" && v.SecretAccessKey != "" {
			c.mu.Lock()
			c.current = p
			c.mu.Unlock()
			return v, nil
		}
	}
	return credentials.Value{}, ErrNoCredentials
}

// Retrieve looks for credentials.
func (c *chain) Retrieve() (credentials.Value, error) { return c.RetrieveWithCredContext(nil) }

// IsExpired says whether credentials must be looked for.
func (c *chain) IsExpired() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current == nil || c.current.IsExpired()
}

// login matches the user and the password in an address.
var login = regexp.MustCompile(`://[^/@\s"]+@`)

// scrub takes credentials out of a message, since a store may repeat a request in its answer.
func (c *Client) scrub(message string) string {
	message = login.ReplaceAllString(message, "://***@")
	if c.config.anonymous {
		return message
	}
	v, err := c.creds.GetWithContext(nil)
	if err != nil {
		return message
	}
	for _, secret := range []string{v.SecretAccessKey, v.SessionToken, v.AccessKeyID} {
		if secret != "" {
			message = strings.ReplaceAll(message, secret, "***")
		}
	}
	return message
}
