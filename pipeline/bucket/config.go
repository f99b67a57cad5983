package bucket

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gopkg.in/ini.v1"
)

// config is where a store is.
type config struct {
	host        string // with the port if it is not the scheme's
	secure      bool
	region      string         // empty: the store is asked for it
	anonymous   bool           // requests are not signed
	authorities *x509.CertPool // nil: the system's
	attempts    int            // at each request; 0: the default of Policy
}

// amazon is the host of Amazon's own store.
const amazon = "s3.amazonaws.com"

// environment reads the store's place from the environment and the profile.
func environment() (config, error) {
	p := profile()
	c := config{
		host: amazon, secure: true,
		region:    cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), p["region"]),
		anonymous: isTrue(os.Getenv("AWS_NO_SIGN_REQUEST")),
	}
	endpoint, from := "", ""
	for _, name := range []string{"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"} {
		if endpoint = os.Getenv(name); endpoint != "" {
			from = name
			break
		}
	}
	if endpoint == "" {
		endpoint, from = p["endpoint_url"], "endpoint_url of the profile"
	}
	if endpoint != "" {
		if err := c.setEndpoint(endpoint); err != nil {
			return config{}, fmt.Errorf("%s: %w", from, err)
		}
	}
	if file := os.Getenv("AWS_CA_BUNDLE"); file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return config{}, fmt.Errorf("AWS_CA_BUNDLE: %w", err)
		}
		if c.authorities, err = x509.SystemCertPool(); err != nil {
			c.authorities = x509.NewCertPool()
		}
		if !c.authorities.AppendCertsFromPEM(data) {
			return config{}, fmt.Errorf("AWS_CA_BUNDLE %s: it has no certificate in PEM", show(file))
		}
	}
	if most := os.Getenv("AWS_MAX_ATTEMPTS"); most != "" {
		var err error
		if c.attempts, err = strconv.Atoi(most); err != nil || c.attempts < 1 {
			return config{}, fmt.Errorf("AWS_MAX_ATTEMPTS %s: it must be a number of at least 1", show(most))
		}
	}
	return c, nil
}

// setEndpoint takes an endpoint such as https://host:9000. The error does not repeat the endpoint,
// which may have a password in it.
func (c *config) setEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("it must be an address such as https://minio.example.com:9000")
	case u.User != nil:
		return errors.New("it must have no user and password: credentials are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return errors.New("it must be an address without a path, such as https://minio.example.com:9000; the bucket is part of s3://bucket/key")
	}
	c.host, c.secure = u.Host, u.Scheme == "https"
	return nil
}

// profile reads the settings of the profile in the configuration file. It is empty if there is no
// such file.
func profile() map[string]string {
	name := cmp.Or(os.Getenv("AWS_PROFILE"), "default")
	file := os.Getenv("AWS_CONFIG_FILE")
	if file == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil
		}
		file = filepath.Join(home, ".aws", "config")
	}
	parsed, err := ini.LoadSources(ini.LoadOptions{Loose: true, SkipUnrecognizableLines: true}, file)
	if err != nil {
		return nil
	}
	for _, section := range []string{"profile " + name, name} {
		if parsed.HasSection(section) {
			return parsed.Section(section).KeysHash()
		}
	}
	return nil
}

// isTrue says whether an environment variable is set to true.
func isTrue(value string) bool {
	switch strings.ToLower(value) {
	case "1", "true", "yes", "on":
		return true
	}
	return false
}
