package report

import "testing"

// TestCompact checks that code becomes shorter and that nothing else changes.
func TestCompact(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"const a = 1; // one\n// two\nconst b = [ 1, 2 ];\n", "const a=1;const b=[1,2];"},
		{"a = b + +c - -d\nreturn x\n", "a=b+ +c- -d\nreturn x"},
		{"f(`  a ${ b + `${ c }  ` }  // no comment `)", "f(`  a ${b+`${c}  `}  // no comment `)"},
		{`x = "a  //  \" b" + 'c  '`, `x="a  //  \" b"+'c  '`},
		{"t.replace(/^ *[/ ] =\\/ /g, \" - \") / 2", "t.replace(/^ *[/ ] =\\/ /g,\" - \")/2"},
		{"if (a) {\n  b();\n}\nc()\n", "if(a){b()}\nc()"},
		{"a\n  .b()\n  /* gone */ .c", "a.b().c"},
		{"class A {\n  *b() {\n    yield* c;\n  }\n  d() {}\n}\n", "class A{*b(){yield*c}\nd(){}}"},
		{"x = a ? .5 : 1", "x=a?.5:1"},
	} {
		if got := string(compactScript([]byte(c.in))); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
		}
	}
	if got := string(compactStyle([]byte("/* a */\n.b > c, d {\n  e: f(1px, 2px);\n}\n"))); got != ".b>c,d{e:f(1px,2px)}" {
		t.Errorf("the style is %q", got)
	}
}
