package bucket

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// Error is a request that has failed for good. errors.Is knows it as fs.ErrNotExist (no such
// object or bucket), fs.ErrExist (an object is in the place of one that must be new),
// fs.ErrPermission, [ErrChanged] and [ErrNoCredentials].
type Error struct {
	Op  string // "get", "list" and so on
	URL string // s3://bucket/key
	// Code is the store's word for the reason, such as NoSuchBucket. It is empty if the store has
	// not answered.
	Code   string
	Status int // of HTTP; 0 if the store has not answered

	reason   string // without credentials
	kind     error  // of package fs or of this package; nil for others
	passing  bool   // the same request may succeed later
	attempts int
	spent    time.Duration
}

// Error names the request, the object and the reason, and says what would be right.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s %s: %s", e.Op, show(e.URL), e.reason)
	if e.attempts > 1 {
		text += fmt.Sprintf(" (%d attempts in %v)", e.attempts, e.spent.Round(100*time.Millisecond))
	}
	return text
}

// Is says whether the error is of a kind.
func (e *Error) Is(kind error) bool { return e.kind != nil && e.kind == kind }

// TryAgain says whether the same request may succeed later.
func (e *Error) TryAgain() bool { return e.passing }

// ErrChanged says that an object is not the one that was listed or read before.
var ErrChanged = errors.New("the object has changed")

// TryAgain says whether the same work may succeed later: the store was not reached, was busy or
// failed, and all attempts have been made.
func TryAgain(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.passing
}

// OfStore says whether all further requests for a bucket would fail as well, and not only because
// the store is busy: the bucket, the login or the endpoint is wrong.
func OfStore(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.passing {
		return false
	}
	switch {
	case e.kind == ErrNoCredentials, e.Code == minio.NoSuchBucket, e.Status == 0 && e.kind == nil, isOfRegion(e.Code):
		return true
	case e.kind == fs.ErrPermission:
		return e.Code != "" && e.Code != minio.AccessDenied
	}
	return false
}

// OfKey says whether the store refuses the key of one object, such as a key that is too long for its
// file system. Other keys may do.
func OfKey(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (slices.Contains(keyCodes, e.Code) || e.Status == http.StatusRequestURITooLong)
}

// keyCodes are the words of stores that refuse a key: Amazon's, and those of stores that keep
// objects as files (MinIO, versitygw).
var keyCodes = []string{
	"KeyTooLongError", "InvalidURI", "XMinioInvalidObjectName", "XMinioParentIsObject", "XMinioObjectExistsAsDirectory",
	"ExistingObjectIsDirectory", "ObjectParentIsFile",
}

// statuses are the statuses of answers after which a request is made again.
var statuses = []int{
	http.StatusRequestTimeout, http.StatusTooManyRequests, 499, http.StatusInternalServerError, http.StatusBadGateway,
	http.StatusServiceUnavailable, http.StatusGatewayTimeout, 509, 520, 521, 522, 523, 524, 525, 529, 530,
}

// codes are the store's words after which a request is made again, whatever the status: the
// store is busy, another request for the object is at work, or bytes were lost on the way.
var codes = []string{
	"RequestError", "RequestTimeout", "Throttling", "ThrottlingException", "RequestLimitExceeded", "RequestThrottled",
	"InternalError", "SlowDown", "SlowDownRead", "SlowDownWrite", "ServiceUnavailable", "ExpiredToken", "ExpiredTokenException",
	"OperationAborted", "ConditionalRequestConflict", "BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch",
}

// failure turns an error of a request into an *Error.
func (b *Bucket) failure(op, key string, err error) *Error {
	e := &Error{Op: op, URL: b.URL(key)}
	answer, answered := errors.AsType[minio.ErrorResponse](err)
	switch {
	case errors.Is(err, ErrNoCredentials):
		e.kind, e.reason = ErrNoCredentials, ErrNoCredentials.Error()
		return e
	case errors.Is(err, ErrChanged):
		e.kind, e.reason = ErrChanged, ErrChanged.Error()
	case errors.Is(err, errExists):
		e.kind, e.reason = fs.ErrExist, errExists.Error()
	case errors.Is(err, errEnds): // the store has ended a transfer too early
		e.reason, e.passing = err.Error(), true
	case answered:
		b.answered(e, &answer)
	default:
		e.passing = isPassing(err)
		e.reason = reason(err)
	}
	e.reason = b.client.scrub(oneLine(e.reason))
	return e
}

// answered fills in an error from the store's answer.
func (b *Bucket) answered(e *Error, a *minio.ErrorResponse) {
	e.Code, e.Status = a.Code, a.StatusCode
	e.reason = fmt.Sprintf("%d %s", a.StatusCode, a.Code)
	if a.StatusCode == 0 { // one of many objects, or a fault that minio has found before a request
		e.reason = a.Code
	} else if strings.HasPrefix(a.Code, fmt.Sprint(a.StatusCode)) { // a status without a code
		e.Code, e.reason = "", a.Code
	}
	if m := strings.TrimRight(strings.TrimSpace(a.Error()), "."); m != "" && m != a.Code {
		e.reason += ": " + m
	}
	e.passing = slices.Contains(statuses, a.StatusCode) || slices.Contains(codes, a.Code)
	switch {
	case strings.HasPrefix(a.Code, "ExpiredToken"):
		b.client.creds.Expire()
	case a.Code == minio.NoSuchBucket:
		e.kind, e.reason = fs.ErrNotExist, "there is no such bucket: check its name, and AWS_ENDPOINT_URL if it is not Amazon's"
	case a.StatusCode == http.StatusNotFound:
		e.kind = fs.ErrNotExist
		if a.Code == minio.NoSuchKey {
			e.reason = "there is no such object"
		}
	case a.Region != "" && b.client.config.region == "" && isOfRegion(a.Code): // minio has noted the region
		e.passing = true
	case a.Region != "" && isOfRegion(a.Code):
		e.reason = fmt.Sprintf("the bucket is in the region %s: set AWS_REGION=%[1]s", show(a.Region))
	case a.StatusCode == http.StatusPreconditionFailed:
		e.kind = ErrChanged
	case a.StatusCode == http.StatusForbidden || a.StatusCode == http.StatusUnauthorized:
		e.kind = fs.ErrPermission
		e.reason += "; check the credentials, and what they are allowed to do in the bucket"
	}
}

// isOfRegion says whether a store says with a code that a request was for another region.
func isOfRegion(code string) bool {
	switch code {
	case minio.AuthorizationHeaderMalformed, minio.InvalidRegion, "PermanentRedirect", "301 Moved Permanently", "IllegalLocationConstraintException":
		return true
	}
	return false
}

// isPassing says whether an error of a connection may pass. Errors of certificates and of the
// request itself do not.
func isPassing(err error) bool {
	for _, kind := range []error{context.Canceled, http.ErrSchemeMismatch} {
		if errors.Is(err, kind) {
			return false
		}
	}
	if _, ok := errors.AsType[stalledError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return false
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return false
	}
	_, ofRequest := errors.AsType[*url.Error](err)
	_, ofAnswer := errors.AsType[*xml.SyntaxError](err) // it ends too early
	return ofRequest || ofAnswer || errors.Is(err, io.ErrUnexpectedEOF) || isOfConnection(err)
}

// isOfConnection says whether an error comes from reading or writing a connection.
func isOfConnection(err error) bool {
	_, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok
}

// reason is an error of a request without the method and the address of the request.
func reason(err error) string {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		text := ue.Err.Error()
		if strings.HasPrefix(text, "Connection closed by foreign host") { // minio's words for an EOF
			return "the store has closed the connection"
		}
		return text
	}
	return err.Error()
}

// oneLine makes a message one short line.
func oneLine(text string) string {
	const most = 400
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
