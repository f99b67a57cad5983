package parts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"slices"

	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// This file tells a merging that was stopped from a run that has changed the manifest since.

// mergedName is the name of a note on the last merging.
const mergedName = store.PartsName + "/merged.json"

// note is what Merge notes before it replaces the manifest, and again at its end.
type note struct {
	Manifest OwnFile `json:"manifest"`           // as it is written
	Before   string  `json:"before,omitempty"`   // the digest of the merged manifest in whose place it comes
	Accounts string  `json:"accounts,omitempty"` // at the end: the digest of the accounts that were merged
}

func decodeNote(data []byte) (*note, error) {
	n := new(note)
	err := json.Unmarshal(data, n)
	if err == nil && !isSum(n.Manifest.BLAKE3) {
		err = errors.New("it has no digest of the manifest")
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w; remove the file if the manifest is as merge wrote it", mergedName, err)
	}
	return n, nil
}

// readNote returns the note of the last merging, or nil if there is none.
func readNote(ctx context.Context, place store.Place) (*note, error) {
	data, err := place.Read(ctx, mergedName, mostAccount)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeNote(data)
}

// write writes the note.
func (n *note) write(ctx context.Context, place store.Place) error {
	data, err := encode(mergedName, n)
	if err != nil {
		return err
	}
	return place.Replace(ctx, mergedName, 0, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// accountsDigest is a hash of the digests of the files that accounts name.
type accountsDigest struct{ hash.Hash }

func newAccountsDigest() accountsDigest { return accountsDigest{sha256.New()} }

// add adds the account of the next part.
func (d accountsDigest) add(c *Complete) {
	for _, name := range slices.Sorted(maps.Keys(c.Own)) {
		fmt.Fprintf(d, "%d %q %s\n", c.Shard, name, c.Own[name].BLAKE3)
	}
}

func (d accountsDigest) text() string { return hex.EncodeToString(d.Sum(nil)) }

// unchanged notes the digest of the manifest that is there. It returns ErrChanged if a run has
// changed it since the last merging, which may have been stopped before or after it wrote the
// manifest.
func (m *merger) unchanged(ctx context.Context) error {
	n, err := readNote(ctx, m.place)
	if n == nil || err != nil {
		return err
	}
	there, err := m.place.Open(ctx, manifest.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer there.Close()
	digest, err := store.Digest(there)
	if err != nil {
		return err
	}
	if digest != n.Manifest.BLAKE3 && digest != n.Before {
		return ErrChanged
	}
	m.before = digest
	return nil
}

// announce notes the manifest that will be written. A merging that is stopped at any place can then
// be told from a run that has changed the manifest.
func (m *merger) announce(ctx context.Context, _ *Merged) error { return m.note.write(ctx, m.place) }

// mark notes that everything has been merged.
func (m *merger) mark(ctx context.Context, _ *Merged) error {
	digest := newAccountsDigest()
	for _, c := range m.parts {
		digest.add(c)
	}
	m.note.Accounts = digest.text()
	return m.note.write(ctx, m.place)
}
