package gateway

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7/pkg/signer"
)

// fault is one way to disturb a request.
type fault int

const (
	none      fault = iota
	busy            // 503 SlowDown
	throttled       // 429 without a body
	broken          // 500 with a page in place of XML
	slow            // the answer comes late
	refused         // the connection is cut before the answer
	lost            // the store does the work, and the connection is cut before the answer
	cut             // the connection is cut in the middle of the answer
	short           // the answer ends too early, although its length is told
	silent          // nothing more comes in the middle of the answer
	damaged         // a byte of the content changes on the way
	unknown         // the store knows no checksums
)

// proxy passes requests on to a server and disturbs some of them.
type proxy struct {
	*httptest.Server
	*server

	mu       sync.Mutex
	disturb  func(*http.Request) fault
	hold     func(*http.Request) // called before a request goes on, and may wait; nil is none
	forgets  bool                // drops If-None-Match
	requests []string
	bytes    int64 // of answers
	late     time.Duration
}

// newProxy starts a proxy before a server. disturb chooses the fault of each request; it may be
// nil.
func newProxy(t testing.TB, s *server, disturb func(*http.Request) fault) *proxy {
	t.Helper()
	p := &proxy{server: s, disturb: disturb, late: 300 * time.Millisecond}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	return p
}

// here is where the proxy listens.
func (p *proxy) here() string { return strings.TrimPrefix(p.URL, "http://") }

// seen is the number of requests, of one method or of all.
func (p *proxy) seen(method string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.requests {
		if strings.HasPrefix(r, method) {
			n++
		}
	}
	return n
}

// choose notes a request and returns its fault.
func (p *proxy) choose(r *http.Request) fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r.Method+" "+r.URL.Path)
	if p.forgets && r.Header.Get("If-None-Match") != "" {
		r.Header.Del("If-None-Match")
		r.URL.Host = r.Host // the signature covers the headers
		*r = *signer.SignV4(*r, p.access, p.secret, "", "us-east-1")
	}
	if p.disturb == nil {
		return none
	}
	return p.disturb(r)
}

func (p *proxy) serve(w http.ResponseWriter, r *http.Request) {
	f := p.choose(r)
	if p.hold != nil {
		p.hold(r)
	}
	switch f {
	case busy, throttled, broken, unknown:
		_, _ = io.Copy(io.Discard, r.Body)
		answer(w, f)
		return
	case refused:
		hangUp(w)
		return
	case slow:
		time.Sleep(p.late)
	case damaged:
		r.Body = &damagedBody{ReadCloser: r.Body}
	}
	res, err := p.forward(r)
	if err != nil { // the server is down
		hangUp(w)
		return
	}
	defer res.Body.Close()
	if f == lost {
		_, _ = io.Copy(io.Discard, res.Body)
		hangUp(w)
		return
	}
	p.reply(w, r, res, f)
}

// answer answers in the place of the store.
func answer(w http.ResponseWriter, f fault) {
	switch f {
	case busy:
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`)
	case throttled:
		w.WriteHeader(http.StatusTooManyRequests)
	case broken:
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, "<html><body>upstream failure</body></html>")
	case unknown: // as Cloudflare R2 answered
		w.WriteHeader(http.StatusNotImplemented)
		fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>NotImplemented</Code><Message>Header 'x-amz-checksum-crc32c' with value '8FJbTw==' not implemented</Message></Error>`)
	}
}

// hangUp closes the client's connection.
func hangUp(w http.ResponseWriter) {
	if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // as a reset
		}
		c.Close()
	}
}

// forward makes the request to the server. The signature covers the Host header, which stays the
// client's.
func (p *proxy) forward(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.RequestURI = ""
	out.URL.Scheme, out.URL.Host = "http", p.server.address
	if r.ContentLength == 0 {
		out.Body = nil
	}
	return transport.RoundTrip(out)
}

var transport = &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}

// reply passes an answer on, or a part of it.
func (p *proxy) reply(w http.ResponseWriter, r *http.Request, res *http.Response, f fault) {
	for k, v := range res.Header {
		w.Header()[k] = v
	}
	length := res.ContentLength
	if length >= 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	}
	w.WriteHeader(res.StatusCode)
	part := int64(-1)
	if length > 0 && (f == cut || f == short || f == silent) {
		part = length / 2
	}
	var n int64
	if part >= 0 {
		n, _ = io.CopyN(w, res.Body, part)
	} else {
		n, _ = io.Copy(w, res.Body)
	}
	p.mu.Lock()
	p.bytes += n
	p.mu.Unlock()
	switch {
	case part < 0:
	case f == cut:
		w.(http.Flusher).Flush()
		hangUp(w)
	case f == silent:
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(20 * time.Second):
		}
	}
}

// some disturbs every n-th request with one fault after the other.
func some(n int, faults ...fault) func(*http.Request) fault {
	count := 0
	return func(*http.Request) fault {
		count++
		if count%n != 0 {
			return none
		}
		return faults[count/n%len(faults)]
	}
}
