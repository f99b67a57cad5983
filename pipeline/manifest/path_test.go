package manifest

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func FuzzPath(f *testing.F) {
	for _, s := range []string{"", "a/b.png", "\xff", "é\xe9\xe9", `\udc80`, `\\udcff`, "a\"b\\c\n\x7f\u2028<&>", "\xed\xb2\x80", "😀\xf0\x9f", "\ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		data, err := json.Marshal(struct{ P Path }{Path(s)})
		if err != nil || !json.Valid(data) || !utf8.Valid(data) {
			t.Fatalf("%q became %s: %v", s, data, err)
		}
		var back struct{ P Path }
		if err := json.Unmarshal(data, &back); err != nil || string(back.P) != s {
			t.Fatalf("%q became %s and came back as %q: %v", s, data, back.P, err)
		}
		if utf8.ValidString(s) { // any reader of JSON gets the name
			var text struct{ P string }
			if err := json.Unmarshal(data, &text); err != nil || text.P != s {
				t.Fatalf("%q is %q for others: %v", s, text.P, err)
			}
		}
	})
}
