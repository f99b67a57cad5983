package store

import (
	"bytes"
	"fmt"
	"testing"
	"testing/iotest"
)

// digests are of files whose bytes count from 0 to 250, over and over, as in the test
// vectors of https://github.com/BLAKE3-team/BLAKE3. Up to 102,400 bytes they are those
// vectors' first 32 bytes where these have the length; b3sum gives all of them.
var digests = []struct {
	bytes  int
	blake3 string
}{
	{0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"},
	{1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"},
	{63, "e9bc37a594daad83be9470df7f7b3798297c3d834ce80ba85d6e207627b7db7b"},
	{64, "4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98"},
	{65, "de1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee"},
	{1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"},
	{1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"},
	{1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"},
	{2048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"},
	{2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"},
	{3072, "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2"},
	{3073, "7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3"},
	{4096, "015094013f57a5277b59d8475c0501042c0b642e531b0a1c8f58d2163229e969"},
	{4097, "9b4052b38f1c5fc8b1f9ff7ac7b27cd242487b3d890d15c96a1c25b8aa0fb995"},
	{5120, "9cadc15fed8b5d854562b26a9536d9707cadeda9b143978f319ab34230535833"},
	{8192, "aae792484c8efe4f19e2ca7d371d8c467ffb10748d8a5a1ae579948f718a2a63"},
	{8193, "bab6c09cb8ce8cf459261398d2e7aef35700bf488116ceb94a36d0f5f1b7bc3b"},
	{16384, "f875d6646de28985646f34ee13be9a576fd515f76b5b0a26bb324735041ddde4"},
	{31744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"},
	{100000, "d93c23eedaf165a7e0be908ba86f1a7a520d568d2d13cde787c8580c5c72cc54"},
	{102400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"},
	{262143, "4fbb10c248894f1b56ec8298555b96e597147150a061b1cf1af19f16dbc0557b"},
	{262144, "d57dc906e20d3fd326ffaa85535500486f46a0979f5a323f028dcabfd381fd4a"},
	{262145, "531c319935cf78f34869faebd865e5748266b1799039103bfb851a680d9ed30c"},
	{1000003, "cd5a3272e01b1a2f47bb4565d8d202db0f95704d32550a2da61a0fd363d4c90d"},
}

func counting(n int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i % 251)
	}
	return data
}

func TestDigest(t *testing.T) {
	for _, c := range digests {
		data := counting(c.bytes)
		if got := DigestOf(data); got != c.blake3 {
			t.Errorf("%d bytes: %s, want %s", c.bytes, got, c.blake3)
		}
		if got, err := Digest(iotest.HalfReader(bytes.NewReader(data))); got != c.blake3 || err != nil {
			t.Errorf("%d bytes from a reader: %s, %v, want %s", c.bytes, got, err, c.blake3)
		}
	}
	if _, err := Digest(iotest.ErrReader(fmt.Errorf("failing"))); err == nil {
		t.Error("a reader's error is lost")
	}
}

// TestDigestsOfFiles writes files in order and backwards, in pieces of several sizes.
func TestDigestsOfFiles(t *testing.T) {
	for _, k := range kinds {
		folder, _ := openFolder(t)
		home, err := k.open(folder)
		if err != nil {
			t.Fatal(err)
		}
		for turn, c := range digests {
			b := home.Begin(turn, fmt.Sprint("p", turn))
			data := counting(c.bytes)
			for i, piece := range []int{1 + c.bytes/3, 1000, BufferBytes} {
				f, sized := b.Create(fmt.Sprintf("/f%d", i)), b.Create(fmt.Sprintf("/s%d", i))
				if err := sized.Size(int64(c.bytes)); err != nil {
					t.Fatal(err)
				}
				for at := 0; at < c.bytes; at += piece {
					f.Write(data[at:min(at+piece, c.bytes)])
				}
				for at := c.bytes / piece * piece; at >= 0; at -= piece {
					sized.WriteAt(data[at:min(at+piece, c.bytes)], int64(at))
				}
			}
			written, err := b.Commit()
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range written {
				if w.BLAKE3 != c.blake3 || w.Bytes != int64(c.bytes) {
					t.Errorf("%s: %+v, want %s", k.name, w, c.blake3)
				}
			}
		}
		if err := home.Close(true); err != nil {
			t.Fatal(err)
		}
	}
}
