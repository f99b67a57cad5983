package source

import (
	"slices"
	"strings"
	"testing"
)

func TestListPatterns(t *testing.T) {
	tree := []string{
		"p/a.png", "p/b.JPG", "p/c.bin", "p/note.txt", "p/.h.png",
		"p/s/d.png", "p/s/e.bin", "p/s/t/f.png", "p/.hid/g.png", "p/s/cover",
		"p/[1].png", "p/dir.png/h.png", "q/r/i.png", "l -> q/r", "p/q -> ../q", "p/gone.png -> nowhere",
	}
	tests := []struct {
		pattern string
		want    []string
	}{
		{"p/*.png", []string{"p/[1].png > [1]", "p/a.png > a", "p/gone.png ! dangling-link"}},
		{"p/?.png", []string{"p/a.png > a"}},
		{"./p/[a-b].*", []string{"./p/a.png > a", "./p/b.JPG > b"}},
		{"p/*", []string{"p/[1].png > [1]", "p/a.png > a", "p/b.JPG > b", "p/gone.png ! dangling-link"}},
		{"p/*.bin", []string{"p/c.bin > c"}},
		{"p/*.{bin,txt}", []string{"p/c.bin > c", "p/note.txt > note"}},
		{"p/{*.bin,a*}", []string{"p/a.png > a"}},
		{"p/{c,n*}.*", []string{"p/{c,n*}.* ! no-match"}},
		{"p/**/*.bin", []string{"p/c.bin > c", "p/s/e.bin > s/e"}},
		{"p/**/cover", []string{"p/s/cover > s/cover"}},
		{"p/s/**", []string{"p/s/d.png > d", "p/s/t/f.png > t/f"}},
		{"**/d.png", []string{"p/s/d.png > p/s/d"}},
		{"*/?.png", []string{"l/i.png > l/i", "p/a.png > p/a"}},
		{"*/r/*.png", []string{"q/r/i.png > q/r/i"}},
		{"p/*/r/*", []string{"p/q/r/i.png > q/r/i"}},
		{"p/*/**/i.png", []string{"p/q/r/i.png > q/r/i"}},
		{"p/**/i.png", []string{"p/**/i.png ! no-match"}},
		{"p/{s,s/t}/*.png", []string{"p/s/d.png > s/d", "p/s/t/f.png > s/t/f"}},
		{"p/.*.png", []string{"p/.h.png > .h"}},
		{"p/**/.hid/*.png", []string{"p/.hid/g.png > .hid/g"}},
		{"p/.h*/*.png", []string{"p/.hid/g.png > .hid/g"}},
		{"p//s//*.png", []string{"p//s/d.png > d"}},
		{"p/*//*//f.png", []string{"p/s/t/f.png > s/t/f"}},
		{`p/\[1\].*`, []string{"p/[1].png > [1]"}},
		{"p/[1].png", []string{"p/[1].png > [1]"}},
		{"p/dir*", []string{"p/dir* ! no-match"}},
		{"p/*/", []string{"p/*/ ! no-match"}},
		{"none/*.png", []string{"none/*.png ! no-match"}},
		{"p/a.png/*.png", []string{"p/a.png/*.png ! no-match"}},
		{"p/[.png", []string{"p/[.png ! bad-pattern"}},
		{"p/{a.png", []string{"p/{a.png ! bad-pattern"}},
		{"p/*/../*.png", []string{"p/*/../*.png ! bad-pattern"}},
	}
	plant(t, tree...)
	for _, tt := range tests {
		t.Run(tt.pattern, func(t *testing.T) {
			entries, err := list(t.Context(), []string{tt.pattern}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := lines(entries); !slices.Equal(got, tt.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(tt.want, "\n  "))
			}
		})
	}
}
