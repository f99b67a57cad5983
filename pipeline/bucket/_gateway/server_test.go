// Package gateway runs the client and the program against a real S3 server, versitygw, and
// through a proxy that injects faults. It is a module of its own, so that the product does not
// require the server:
//
//	cd pipeline/bucket/_gateway && go test -count=1 .
package gateway

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filterbank/pipeline/bucket"
)

// The built programs.
var program, versitygw string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "gateway")
		if err != nil {
			log.Fatal(err)
		}
		defer os.RemoveAll(dir)
		program = build(dir, "../../..", "filterbank", "./cmd/filterbank")
		versitygw = build(dir, ".", "versitygw", "github.com/versity/versitygw/cmd/versitygw")
		return m.Run()
	}())
}

func build(dir, from, name, pkg string) string {
	out := filepath.Join(dir, name)
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", out, pkg)
	cmd.Dir = from
	if text, err := cmd.CombinedOutput(); err != nil {
		log.Fatalf("build %s: %v\n%s", pkg, err, text)
	}
	return out
}

// server is a running S3 server, whose buckets are the folders in root.
type server struct {
	root, address  string
	access, secret string
	process        *exec.Cmd // nil while it is down
}

// newServer starts a server on this machine alone, with an empty bucket named photos.
func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{root: t.TempDir(), address: freeAddress(t), access: "AKIA" + rand.Text(), secret: rand.Text() + "/+" + rand.Text()}
	s.bucket(t, "photos")
	s.start(t)
	t.Cleanup(s.kill)
	return s
}

// bucket makes a bucket and returns its folder.
func (s *server) bucket(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join(s.root, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// freeAddress is a free address whose port the system gives to no connection that goes out: a
// server that is started again finds it free.
func freeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10000+mathrand.IntN(20000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port between 10000 and 29999 is free")
	return ""
}

// start starts the server and waits until it listens.
func (s *server) start(t testing.TB) {
	t.Helper()
	if err := s.listen(); err != nil {
		t.Fatal(err)
	}
}

// startAfter starts the server after a pause, beside the test, which does not end before.
func (s *server) startAfter(t testing.TB, pause time.Duration) {
	started := make(chan error, 1)
	time.AfterFunc(pause, func() { started <- s.listen() })
	t.Cleanup(func() {
		if err := <-started; err != nil {
			t.Error(err)
		}
	})
}

func (s *server) listen() error {
	cmd := exec.Command(versitygw, "--port", s.address, "--quiet", "posix", s.root)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s.access, "ROOT_SECRET_KEY="+s.secret)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	s.process = cmd
	for range 400 {
		if c, err := net.Dial("tcp", s.address); err == nil {
			return c.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("the server does not listen")
}

// kill ends the server as a crash does. Its buckets stay.
func (s *server) kill() {
	if s.process != nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
		s.process = nil
	}
}

// environment is the environment of a program that uses the store at an address, which is the
// server's or a proxy's.
func (s *server) environment(address string) []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "AWS_") && !strings.HasPrefix(e, "HOME=") {
			env = append(env, e)
		}
	}
	return append(env, "HOME="+s.root, "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=us-east-1", // go build is not called with it
		"AWS_ENDPOINT_URL_S3=http://"+address, "AWS_ACCESS_KEY_ID="+s.access, "AWS_SECRET_ACCESS_KEY="+s.secret)
}

// open opens a bucket at an address with a policy of short pauses.
func (s *server) open(t *testing.T, address, name string) *bucket.Bucket {
	t.Helper()
	for _, e := range s.environment(address) {
		if key, value, _ := strings.Cut(e, "="); strings.HasPrefix(key, "AWS_") {
			t.Setenv(key, value)
		}
	}
	c, err := bucket.New(bucket.Options{Retry: bucket.Policy{Base: 5 * time.Millisecond, Cap: 100 * time.Millisecond, Stall: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := c.Open(fmt.Sprintf("s3://%s/", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
