package filters

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCacheIn reads folders as Linux has them: of processors of their own cache, of two threads a
// core, of four cores that share a cache, and some that say nothing of use.
func TestCacheIn(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int
	}{
		{"its own", map[string]string{"cache/index2/size": "2048K", "cache/index2/shared_cpu_list": "0"}, 2 << 20},
		{"two threads", map[string]string{
			"cache/index2/size": "512K", "cache/index2/shared_cpu_list": "0,8", "topology/thread_siblings_list": "0,8",
		}, 512 << 10},
		{"four cores", map[string]string{
			"cache/index2/size": "4096K", "cache/index2/shared_cpu_list": "4-7", "topology/thread_siblings_list": "4",
		}, 1 << 20},
		{"no lists", map[string]string{"cache/index2/size": "256K"}, 256 << 10},
		{"another unit", map[string]string{"cache/index2/size": "2M"}, 0},
		{"nothing", nil, 0},
		{"a negative size", map[string]string{"cache/index2/size": "-1K"}, 0},
		{"a list of anything", map[string]string{"cache/index2/size": "256K", "cache/index2/shared_cpu_list": "7-x,3-1"}, 256 << 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, content string) {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(content+"\n"), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			for index, kind := range []string{"Data", "Instruction", "Unified"} {
				write(filepath.Join("cache", "index"+string('0'+rune(index)), "type"), kind)
				write(filepath.Join("cache", "index"+string('0'+rune(index)), "level"), []string{"1", "2", "2"}[index])
			}
			write("cache/index0/size", "48K")
			write("cache/index1/size", "64K")
			for name, content := range c.files {
				write(name, content)
			}
			if got := cacheIn(dir); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
	if n := cacheIn(filepath.Join(t.TempDir(), "none")); n != 0 {
		t.Errorf("a folder that does not exist has a cache of %d", n)
	}
	if secondLevel() < 1 {
		t.Errorf("the cache has %d bytes", secondLevel())
	}
}
