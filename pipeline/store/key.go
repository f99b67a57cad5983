package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxKey is the length of the longest key in characters. Longer ones are shortened.
const maxKey = 128

// key returns the key of a picture in a pack. Readers of webdataset end it at the first dot
// of the base name. Dots are therefore written as %2e, and so are other characters that
// readers or file systems stumble over. A key of more than maxKey characters is cut and ends
// in a hash of the stem.
func key(stem string) string {
	key := whole(stem)
	if utf8.RuneCountInString(key) <= maxKey {
		return key
	}
	sum := sha256.Sum256([]byte(stem))
	hash := "-" + hex.EncodeToString(sum[:8])
	cut := []rune(key)[:maxKey-len(hash)]
	return strings.TrimRight(string(cut), "/") + hash
}

// whole returns the key of any length.
func whole(stem string) string {
	parts := strings.Split(stem, "/")
	for i, p := range parts {
		parts[i] = escape(p)
	}
	return strings.Join(parts, "/")
}

// long says whether a picture's key is shortened.
func long(stem string) bool { return utf8.RuneCountInString(whole(stem)) > maxKey }

// CheckKeys refuses two pictures with the same key. Only keys that are shortened can be the
// same, and only if somebody has chosen the names for it.
func CheckKeys(stems iter.Seq[string]) error {
	shortened := map[string]string{}
	for stem := range stems {
		if k := key(stem); long(stem) {
			if other, ok := shortened[k]; ok && other != stem {
				return sameKey(other, stem, k)
			}
			shortened[k] = stem
		}
	}
	if len(shortened) == 0 {
		return nil
	}
	for stem := range stems {
		if other, ok := shortened[key(stem)]; ok && other != stem {
			return sameKey(other, stem, key(stem))
		}
	}
	return nil
}

func sameKey(a, b, key string) error {
	return fmt.Errorf("%q and %q would have the same key in a pack, %s: rename one", a, b, key)
}

// escape writes the bytes of unsafe characters as % and two hexadecimal digits. Spaces are
// unsafe at either end only. The first underscore of names that begin with two is unsafe: the
// datasets library passes over such files. Different names stay different.
func escape(name string) string {
	var b strings.Builder
	for at, r := range name {
		n := utf8.RuneLen(r)
		if r == utf8.RuneError && !strings.HasPrefix(name[at:], string(r)) {
			n = 1 // a byte that is not UTF-8
		}
		edge := at == 0 || at+n == len(name)
		hidden := at == 0 && strings.HasPrefix(name, "__")
		if hidden || r == utf8.RuneError || strings.ContainsRune(`.%\/<>:"|?*`, r) || !unicode.IsGraphic(r) || edge && unicode.IsSpace(r) {
			for _, c := range []byte(name[at : at+n]) {
				fmt.Fprintf(&b, "%%%02x", c)
			}
			continue
		}
		b.WriteString(name[at : at+n])
	}
	return b.String()
}

// field returns the part of a member's name after the key, for the name of a file:
// ".edges.npy" for "/edges.npy", ".edges.x.png" for "/edges/000-x.png". Readers turn fields
// into lower case. The number before a filter's name is left out.
func field(n Name) string {
	parts := strings.Split(strings.TrimPrefix(strings.TrimSuffix(n.Suffix, n.Ext), "/"), "/")
	last := len(parts) - 1
	if digits := len(parts[last]) - len(strings.TrimLeft(parts[last], "0123456789")); last > 0 && digits >= 3 && strings.HasPrefix(parts[last][digits:], "-") {
		parts[last] = parts[last][digits+1:]
	}
	var b strings.Builder
	for _, p := range parts {
		if p != "" {
			b.WriteString("." + escape(p))
		}
	}
	return strings.ToLower(b.String() + n.Ext)
}
