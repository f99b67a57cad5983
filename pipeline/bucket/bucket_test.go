package bucket

import (
	"context"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
)

// clear leaves no setting of the machine.
func clear(t *testing.T, set map[string]string) {
	t.Helper()
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for name, value := range set {
		t.Setenv(name, value)
	}
}

func open(t *testing.T, set map[string]string) *Bucket {
	t.Helper()
	clear(t, set)
	c, err := New(Options{Retry: Policy{Attempts: 3, Base: time.Microsecond}})
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := c.Open("s3://photos/")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var login1 = map[string]string{"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalr/secret", "AWS_SESSION_TOKEN": "FQoGtoken"}

func TestSplit(t *testing.T) {
	for _, c := range []struct{ name, bucket, key string }{
		{"s3://photos", "photos", ""},
		{"s3://photos/", "photos", ""},
		{"s3://photos/a/b c.png", "photos", "a/b c.png"},
		{"s3://photos//a", "photos", "/a"},
		{"s3://my.photos-2/a%20b", "my.photos-2", "a%20b"},
	} {
		if b, k, err := Split(c.name); b != c.bucket || k != c.key || err != nil {
			t.Errorf("%s: %q, %q, %v", c.name, b, k, err)
		}
	}
	for _, name := range []string{"photos", "s3:/photos", "s3://", "s3:///a", "s3://a", "s3://a..b/x", "s3://photos/\xff", "s3://photos/" + strings.Repeat("x", 1025)} {
		if b, k, err := Split(name); err == nil {
			t.Errorf("%s: %q, %q", name, b, k)
		}
	}
}

// TestFailures checks which failures are tried again, and as what they are known.
func TestFailures(t *testing.T) {
	answer := func(status int, code string) error { return minio.ErrorResponse{StatusCode: status, Code: code} }
	ofURL := func(err error) error { return &url.Error{Op: "Get", URL: "http://host/photos/x", Err: err} }
	b := open(t, login1)
	for _, c := range []struct {
		err   error
		again bool
		kind  error
		text  string
	}{
		{answer(503, "SlowDown"), true, nil, "503 SlowDown"},
		{answer(503, "503 Service Unavailable"), true, nil, "503 Service Unavailable"},
		{answer(500, "InternalError"), true, nil, "500 InternalError"},
		{answer(502, "502 Bad Gateway"), true, nil, ""},
		{answer(504, "504 Gateway Timeout"), true, nil, ""},
		{answer(429, "429 Too Many Requests"), true, nil, ""},
		{answer(408, "RequestTimeout"), true, nil, ""},
		{answer(400, "RequestTimeout"), true, nil, ""},
		{answer(400, "BadDigest"), true, nil, ""},
		{answer(400, "ExpiredToken"), true, nil, ""},
		{answer(409, "OperationAborted"), true, nil, ""},
		{answer(409, "ConditionalRequestConflict"), true, nil, ""},
		{answer(400, "InvalidArgument"), false, nil, ""},
		{answer(501, "NotImplemented"), false, nil, ""},
		{answer(403, "AccessDenied"), false, fs.ErrPermission, "check the credentials"},
		{answer(403, "InvalidAccessKeyId"), false, fs.ErrPermission, ""},
		{answer(403, "RequestTimeTooSkewed"), false, fs.ErrPermission, ""},
		{answer(401, "Unauthorized"), false, fs.ErrPermission, ""},
		{answer(404, "NoSuchKey"), false, fs.ErrNotExist, "there is no such object"},
		{answer(404, "NoSuchBucket"), false, fs.ErrNotExist, "there is no such bucket"},
		{answer(412, "PreconditionFailed"), false, ErrChanged, ""},
		{minio.ErrorResponse{StatusCode: 400, Code: "AuthorizationHeaderMalformed", Region: "eu-west-1"}, true, nil, ""}, // for the right region now
		{minio.ErrorResponse{StatusCode: 400, Code: "InvalidArgument", Message: "key AKIAEXAMPLE, wJalr/secret, FQoGtoken"}, false, nil, "key ***, ***, ***"},
		{errExists, false, fs.ErrExist, "there is an object of this name"},
		{ErrNoCredentials, false, ErrNoCredentials, "AWS_PROFILE"},
		{ErrChanged, false, ErrChanged, ""},
		{fmt.Errorf("%w: 1 of 2", errEnds), true, nil, ""},
		{stalledError{time.Second}, true, nil, "nothing for 1s"},
		{io.ErrUnexpectedEOF, true, nil, ""},
		{&xml.SyntaxError{Msg: "unexpected EOF", Line: 1}, true, nil, ""},
		{ofURL(&net.OpError{Op: "dial", Err: errors.New("connection refused")}), true, nil, "connection refused"},
		{ofURL(errors.New("Connection closed by foreign host http://host/photos/x. Retry again.")), true, nil, "the store has closed the connection"},
		{ofURL(errors.New("at http://me:pass@proxy:3128")), true, nil, "at http://***@proxy:3128"},
		{&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, true, nil, ""},
		{&net.DNSError{Err: "no such host", Name: "host"}, true, nil, ""},
		{ofURL(x509.UnknownAuthorityError{}), false, nil, "certificate"},
		{ofURL(http.ErrSchemeMismatch), false, nil, "HTTP response to HTTPS client"},
		{ofURL(context.Canceled), false, nil, ""},
		{minio.ErrorResponse{Code: "InvalidBucketName"}, false, nil, ""}, // before a request
		{errors.New("another"), false, nil, "another"},
	} {
		e := b.failure("get", "a\nb", c.err)
		if TryAgain(e) != c.again || c.kind != nil && !errors.Is(e, c.kind) || !strings.Contains(e.Error(), c.text) || !strings.HasPrefix(e.Error(), `get "s3://photos/a\nb": `) {
			t.Errorf("%v: again %v, %v", c.err, e.passing, e)
		}
		for _, kind := range []error{fs.ErrExist, fs.ErrNotExist, fs.ErrPermission, ErrChanged, ErrNoCredentials} {
			if kind != c.kind && errors.Is(e, kind) {
				t.Errorf("%v is %v", c.err, kind)
			}
		}
	}
}

// TestRegion checks that a wrong region that was given is told.
func TestRegion(t *testing.T) {
	set := map[string]string{"AWS_REGION": "us-east-1"}
	for k, v := range login1 {
		set[k] = v
	}
	e := open(t, set).failure("list", "", minio.ErrorResponse{StatusCode: 301, Code: "PermanentRedirect", Region: "eu-west-1"})
	if TryAgain(e) || e.Error() != "list s3://photos/: the bucket is in the region eu-west-1: set AWS_REGION=eu-west-1" {
		t.Error(e)
	}
}

// TestAttempts counts the attempts, and checks the bounds of pauses.
func TestAttempts(t *testing.T) {
	b := open(t, login1)
	tries := 0
	err := b.trial("get", "x").do(t.Context(), func(context.Context, *watch) error {
		tries++
		return io.ErrUnexpectedEOF
	})
	if tries != 3 || !strings.Contains(err.Error(), "(3 attempts in ") {
		t.Errorf("%d attempts, %v", tries, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = b.trial("get", "x").do(ctx, func(context.Context, *watch) error {
		cancel()
		return io.ErrUnexpectedEOF
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	b.client.policy.First = 2
	tries = 0
	err = b.trial("get", "x").do(t.Context(), func(context.Context, *watch) error {
		tries++
		return io.ErrUnexpectedEOF
	})
	if tries != 2 || !TryAgain(err) {
		t.Errorf("%d attempts, %v", tries, err)
	}
	b.client.answered.Store(true)
	b.client.policy.Total = 1 // nanosecond
	tries = 0
	err = b.trial("get", "x").do(t.Context(), func(context.Context, *watch) error {
		tries++
		return io.ErrUnexpectedEOF
	})
	if tries != 1 || !TryAgain(err) {
		t.Errorf("%d attempts, %v", tries, err)
	}
	p := Policy{}.withDefaults()
	for failures, want := range map[int]time.Duration{1: p.Base, 2: 2 * p.Base, 4: 8 * p.Base, 8: p.Cap, 100: p.Cap} {
		if got := p.pause(failures); got != want {
			t.Errorf("after %d failures %v, want %v", failures, got, want)
		}
	}
}

// TestStalls ends an attempt in which nothing moves.
func TestStalls(t *testing.T) {
	b := open(t, login1)
	b.client.policy.Stall, b.client.policy.Attempts = time.Millisecond, 2
	err := b.trial("get", "x").do(t.Context(), func(ctx context.Context, _ *watch) error {
		<-ctx.Done()
		return ctx.Err()
	})
	if !TryAgain(err) || !strings.Contains(err.Error(), "the store has sent nothing for 1ms (2 attempts in ") {
		t.Error(err)
	}
}

// TestEnvironment checks where the store is.
func TestEnvironment(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	text := "[default]\nregion = eu-north-1\n[profile lab]\nregion = garage\nendpoint_url = http://lab:3900\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		set  map[string]string
		want config
	}{
		{nil, config{host: amazon, secure: true}},
		{map[string]string{"AWS_DEFAULT_REGION": "a", "AWS_REGION": "b"}, config{host: amazon, secure: true, region: "b"}},
		{map[string]string{"AWS_ENDPOINT_URL": "http://x:9000/"}, config{host: "x:9000"}},
		{map[string]string{"AWS_ENDPOINT_URL": "http://x:9000", "AWS_ENDPOINT_URL_S3": "https://y"}, config{host: "y", secure: true}},
		{map[string]string{"AWS_CONFIG_FILE": file}, config{host: amazon, secure: true, region: "eu-north-1"}},
		{map[string]string{"AWS_CONFIG_FILE": file, "AWS_PROFILE": "lab"}, config{host: "lab:3900", region: "garage"}},
		{map[string]string{"AWS_CONFIG_FILE": file, "AWS_PROFILE": "lab", "AWS_ENDPOINT_URL": "https://z"}, config{host: "z", secure: true, region: "garage"}},
		{map[string]string{"AWS_NO_SIGN_REQUEST": "YES"}, config{host: amazon, secure: true, anonymous: true}},
	} {
		clear(t, c.set)
		if got, err := environment(); err != nil || got != c.want {
			t.Errorf("%v: %+v, %v, want %+v", c.set, got, err, c.want)
		}
	}
	for _, endpoint := range []string{"minio:9000", "ftp://minio", "http://", "http://me:secret@minio", "http://minio/bucket", "http://minio?x=secret", "http://a b:secret"} {
		clear(t, map[string]string{"AWS_ENDPOINT_URL": endpoint})
		if got, err := environment(); err == nil || !strings.HasPrefix(err.Error(), "AWS_ENDPOINT_URL: it must ") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %+v, %v", endpoint, got, err)
		}
	}
}

// TestCredentials checks where credentials come from, and that a malformed file is not repeated.
func TestCredentials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "credentials")
	text := "[default]\naws_access_key_id = A\naws_secret_access_key = B\n[half]\naws_access_key_id = C\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		set        map[string]string
		id, secret string
	}{
		{map[string]string{"AWS_SHARED_CREDENTIALS_FILE": file}, "A", "B"},
		{map[string]string{"AWS_SHARED_CREDENTIALS_FILE": file, "AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "F"}, "E", "F"},
		{map[string]string{"AWS_SHARED_CREDENTIALS_FILE": file, "AWS_PROFILE": "half"}, "", ""},
		{map[string]string{"AWS_SHARED_CREDENTIALS_FILE": file, "AWS_PROFILE": "none"}, "", ""},
		{nil, "", ""},
	} {
		b := open(t, c.set)
		v, err := b.client.creds.GetWithContext(nil)
		if v.AccessKeyID != c.id || v.SecretAccessKey != c.secret || (c.id == "") != errors.Is(err, ErrNoCredentials) {
			t.Errorf("%v: %+v, %v", c.set, v, err)
		}
	}
	if v, err := open(t, map[string]string{"AWS_NO_SIGN_REQUEST": "1"}).client.creds.GetWithContext(nil); err != nil || !v.SignerType.IsAnonymous() {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestRanges(t *testing.T) {
	if from, size, err := parseRange("bytes 10-99/1000"); from != 10 || size != 1000 || err != nil {
		t.Error(from, size, err)
	}
	for _, s := range []string{"", "bytes", "bytes */1000", "bytes 0-9/*", "bytes 0-9", "bytes x-9/10"} {
		if from, size, err := parseRange(s); !errors.Is(err, errEnds) {
			t.Error(s, from, size, err)
		}
	}
}

// TestUntoldSizes answers without a length that an object can have: an error, and no length.
func TestUntoldSizes(t *testing.T) {
	for _, told := range []string{"", "bytes 0--1/-1", "bytes 5-9/4", "bytes -1-4/9", "bytes 0-4/*"} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"e"`)
			w.Header().Set("Last-Modified", "Sun, 29 Nov 2026 08:00:00 GMT")
			if told != "" {
				w.Header().Set("Content-Range", told)
			}
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush() // without Content-Length
			fmt.Fprint(w, "hello")
		}))
		b := open(t, map[string]string{"AWS_ENDPOINT_URL": s.URL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"})
		if data, _, err := b.ReadAll(t.Context(), "a", 100); !TryAgain(err) {
			t.Errorf("%q: got %q, %v", told, data, err)
		}
		if info, err := b.Stat(t.Context(), "a"); !TryAgain(err) {
			t.Errorf("%q: got %v, %v", told, info, err)
		}
		s.Close()
	}
}

// TestSplitSecret says no credential that stands in the place of a bucket.
func TestSplitSecret(t *testing.T) {
	for _, name := range []string{"s3://AKIAEXAMPLE:wJalr@photos/x", "s3://wJalr@photos", "s3://AKIAEXAMPLE:wJalr"} {
		if _, _, err := Split(name); err == nil || strings.Contains(err.Error(), "wJalr") || strings.Contains(err.Error(), "AKIA") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
