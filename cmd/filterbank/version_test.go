package main

import (
	"runtime/debug"
	"testing"
)

func TestVersionOf(t *testing.T) {
	const revision = "d7315550123456789abcdef0123456789abcdef0"
	vcs := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{{Key: "GOOS", Value: "linux"}, {Key: "vcs.revision", Value: revision}, {Key: "vcs.modified", Value: modified}}
	}
	for _, test := range []struct {
		name     string
		module   string
		settings []debug.BuildSetting
		want     string
	}{
		{"a tag", "v1.2.3", vcs("false"), "v1.2.3"},
		{"a pseudo-version", "v0.0.0-20261123172048-d73155501234+dirty", vcs("true"), "v0.0.0-20261123172048-d73155501234+dirty"},
		{"a revision", "(devel)", vcs("false"), "d73155501234"},
		{"a changed revision", "", vcs("true"), "d73155501234+dirty"},
		{"a short revision", "", []debug.BuildSetting{{Key: "vcs.revision", Value: "42"}}, "42"},
		{"no revision", "(devel)", []debug.BuildSetting{{Key: "GOOS", Value: "linux"}}, "(devel)"},
		{"nothing", "", nil, "(devel)"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Path: "filterbank", Version: test.module}, Settings: test.settings}
		if got := versionOf(info); got != test.want {
			t.Errorf("%s: version %q, want %q", test.name, got, test.want)
		}
	}
}
