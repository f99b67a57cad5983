package animate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"filterbank/filters"
	"filterbank/filters/config"
	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/volume"
	"filterbank/pipeline/arithmetic"
	"filterbank/pipeline/drawing"
)

// input is the textbook's picture.
func input() *volume.Volume {
	return &volume.Volume{Shape: volume.Shape{C: 3, H: 5, W: 5}, Data: []float32{
		0, 1, 0, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
		0, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1,
		1, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0,
	}}
}

func textbook(t *testing.T, sets ...string) *filters.Plan {
	t.Helper()
	file, err := config.Load("../../samples/textbook.yaml", sets...)
	if err != nil {
		t.Fatal(err)
	}
	model, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := model.Stacks[0].Plan(input().Shape)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func options(theme string) Options {
	t, err := ParseTheme(theme)
	if err != nil {
		panic(err)
	}
	return Options{Each: Place, Frames: 120, Delay: 700 * time.Millisecond, Size: image.Pt(1280, 720), Theme: t}
}

// animation is an animation of the last layer of a plan.
func animation(t *testing.T, plan *filters.Plan, in *volume.Volume, chosen []int, pair bool, o Options) *Animation {
	t.Helper()
	s, err := Load(context.Background(), plan, len(plan.Layers)-1, chosen, pair, in, kernel.New(simd.Generic))
	if err != nil {
		t.Fatal(err)
	}
	fonts, err := drawing.NewFonts()
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(s, o, "textbook.png", fonts)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

func svgs(t *testing.T, a *Animation) (files [][]byte) {
	t.Helper()
	err := a.SVG(context.Background(), func(_ int, file []byte) error {
		files = append(files, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestGolden checks the bytes of the textbook's animation.
func TestGolden(t *testing.T) {
	for _, c := range []struct{ theme, gif, svg string }{
		{"light", "103080853d391299", "cfc8cff08098c19d"},
		{"dark", "2dd8038b810c4d0e", "0501a81957ba0fe5"},
		{"print", "1462c4d636c4eda9", "c0e21bc9bb4d15e9"},
	} {
		a := animation(t, textbook(t), input(), nil, false, options(c.theme))
		file, err := a.GIF(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got := digest(file); got != c.gif {
			t.Errorf("%s: the GIF has the digest %s, want %s", c.theme, got, c.gif)
		}
		if got := digest(bytes.Join(svgs(t, a), nil)); got != c.svg {
			t.Errorf("%s: the SVGs have the digest %s, want %s", c.theme, got, c.svg)
		}
		checkGIF(t, file)
	}
}

// checkGIF reads the textbook's GIF.
func checkGIF(t *testing.T, file []byte) {
	t.Helper()
	if len(file) >= 250_000 {
		t.Errorf("the GIF has %d bytes", len(file))
	}
	all, err := gif.DecodeAll(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Image) != 18 || all.Config.Width != 1280 || all.Config.Height != 720 || all.LoopCount != 0 {
		t.Errorf("%d frames of %d×%d, loop count %d", len(all.Image), all.Config.Width, all.Config.Height, all.LoopCount)
	}
	if all.Delay[0] != 70 || all.Delay[17] != 210 {
		t.Errorf("the delays are %v", all.Delay)
	}
}

// texts are the texts of an SVG.
func texts(t *testing.T, file []byte) (all []string) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(file))
	open := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "text" {
				open, all = true, append(all, "")
			}
		case xml.EndElement:
			open = open && token.Name.Local != "text"
		case xml.CharData:
			if open {
				all[len(all)-1] += string(token)
			}
		}
	}
}

// TestNumbers reads all numbers of every frame back: the padded input, weights, products, outputs
// so far and the arithmetic.
func TestNumbers(t *testing.T) {
	a := animation(t, textbook(t), input(), nil, false, options("light"))
	for frame, file := range svgs(t, a) {
		step := a.Steps.All[frame]
		o := a.subject.explain(step.Filter, step.Y, step.X)
		all := texts(t, file)
		for _, line := range strings.Split(arithmetic.Plain(o.Write(a.subject.names, false), true), "\n") {
			label, sum, ok := strings.Cut(line, "  ")
			if !ok {
				sum = label
			}
			if !slices.Contains(all, sum) {
				t.Errorf("frame %d has no %q among %q", frame, sum, all)
			}
		}
		var want []string
		in := input()
		for c := range 3 {
			for i := range 49 {
				y, x := i/7-1, i%7-1
				v := float32(0)
				if y >= 0 && y < 5 && x >= 0 && x < 5 {
					v = in.Data[(c*5+y)*5+x]
				}
				want = append(want, arithmetic.Number(float64(v)))
			}
			for _, of := range []func(arithmetic.Term) float32{
				func(t arithmetic.Term) float32 { return t.Weight }, func(t arithmetic.Term) float32 { return t.Weight*t.Value + 0 },
			} {
				for _, term := range o.Terms[9*c:][:9] {
					want = append(want, arithmetic.Number(float64(of(term))))
				}
			}
		}
		for i := range frame + 1 {
			want = append(want, arithmetic.Number(float64(a.subject.maps.Data[i])))
		}
		numbers := cells(all)
		if slices.Sort(want); !slices.Equal(numbers, want) {
			t.Errorf("frame %d has the numbers\n%v\nwant\n%v", frame, numbers, want)
		}
		for _, word := range []string{"input, with padding", "output W0", "output W1"} {
			if !slices.Contains(all, word) {
				t.Errorf("frame %d does not say %q", frame, word)
			}
		}
	}
}

// cells are the texts that are numbers alone, sorted.
func cells(all []string) (numbers []string) {
	for _, text := range all {
		if strings.Trim(text, "−.0123456789") == "" {
			numbers = append(numbers, text)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// TestEach checks what the frames of channels and terms add.
func TestEach(t *testing.T) {
	for _, c := range []struct {
		each   string
		frames int
		want   int
		note   string
		sums   []string // on the second frame
	}{
		{Channel, 120, 27, "", []string{"1 + 0·1 + 0·0 + 0·(−1) + 0·1 + 0·1 + 1·0 + 0·0 + 1·(−1) + 1·1 = 1", "1 + 0·0 + 0·1 + 0·0 + 0·(−1) + 0·1 + 1·0 + 0·0 + 1·0 + 0·(−1) = 1"}},
		{Channel, 7, 6, "places 1–2 of 9", nil},
		{Term, 120, 108, "places 1–4 of 9", []string{"1 + 0·1 + 0·0"}},
		{Term, 10, 10, "terms 1–10 of 27", nil},
		{Place, 5, 5, "row 0 by place, then whole rows", nil},
		{Place, 4, 3, "every 2nd place of row 0, then every 2nd row", nil},
	} {
		o := options("dark")
		o.Each, o.Frames = c.each, c.frames
		a := animation(t, textbook(t), input(), []int{0}, false, o)
		if len(a.Steps.All) != c.want || a.Steps.Note != c.note {
			t.Errorf("each %s, %d frames: %d frames and the note %q, want %d and %q", c.each, c.frames, len(a.Steps.All), a.Steps.Note, c.want, c.note)
		}
		all := svgs(t, a)
		sums := texts(t, all[1])
		sums = slices.DeleteFunc(sums, func(text string) bool { return !strings.Contains(text, " + ") })
		if c.sums != nil && !slices.Equal(sums, c.sums) {
			t.Errorf("each %s: the second frame has the sums %q, want %q", c.each, sums, c.sums)
		}
		if got := texts(t, all[0]); c.note != "" && !slices.Contains(got, c.note) {
			t.Errorf("the first frame does not say %q", c.note)
		}
	}
}

// TestBeforeAfter checks that outputs that ReLU makes 0 stand before and after.
func TestBeforeAfter(t *testing.T) {
	a := animation(t, textbook(t, "layers.0.conv.activation=relu"), input(), nil, true, options("light"))
	all := svgs(t, a)
	got := texts(t, all[17])
	for _, want := range []string{"output W1 before", "after ReLU", "−3", "W1[2,2] = 0 + 0 + (−1) + 0 = −1    ReLU: max(0, −1) = 0"} {
		if !slices.Contains(got, want) {
			t.Errorf("the last frame has no %q among %q", want, got)
		}
	}
	_, err := Load(context.Background(), textbook(t), 0, nil, true, input(), kernel.New(simd.Generic))
	if err == nil || !strings.Contains(err.Error(), "no activation") {
		t.Errorf("a layer without activation: %v", err)
	}
}

// TestKinds draws every kind of layer at every theme and small size.
func TestKinds(t *testing.T) {
	conv := func(n int) filters.Layer {
		l, err := filters.NewConv(filters.ConvSpec{
			Name: "c", InChannels: 3, KernelSize: [2]int{n, n}, Weights: make([]float32, 2*3*n*n), Dilation: [2]int{2, 1},
			Padding: filters.Padding{Top: 2, Left: 1, Mode: filters.Reflect},
		})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	make := map[string]func() (filters.Layer, error){
		"max": func() (filters.Layer, error) {
			return filters.NewPool(filters.PoolSpec{Name: "x", KernelSize: [2]int{2, 2}, CeilMode: true})
		},
		"avg": func() (filters.Layer, error) {
			return filters.NewPool(filters.PoolSpec{Name: "x", Kind: filters.AvgPool, KernelSize: [2]int{3, 2}})
		},
		"norm": func() (filters.Layer, error) {
			return filters.NewNorm(filters.NormSpec{Name: "x", Size: 2, Alpha: 1, Beta: 0.5, K: 1})
		},
		"act": func() (filters.Layer, error) { return filters.NewActivation(filters.ActivationSpec{Name: "x"}) },
		"add": func() (filters.Layer, error) {
			return filters.NewJoin(filters.JoinSpec{Name: "x", Inputs: []string{"c", "c"}})
		},
		"cat": func() (filters.Layer, error) {
			return filters.NewJoin(filters.JoinSpec{Name: "x", Kind: filters.Concat, Inputs: []string{"c", "c"}})
		},
		"scale": func() (filters.Layer, error) {
			return filters.NewScale(filters.ScaleSpec{Name: "x", Factor: []float32{1, 2}})
		},
	}
	for name, layer := range make {
		for _, side := range []int{9, 50} {
			l, err := layer()
			if err != nil {
				t.Fatal(err)
			}
			stack, err := filters.NewStack("", 3, conv(3), l)
			if err != nil {
				t.Fatal(err)
			}
			in, _ := volume.New(volume.Shape{C: 3, H: side, W: side + 3})
			plan, err := stack.Plan(in.Shape)
			if err != nil {
				t.Fatal(err)
			}
			o := options("print")
			o.Size, o.Frames = image.Pt(640, 360), 2
			files := svgs(t, animation(t, plan, in, []int{1}, false, o))
			if got := strings.Join(texts(t, files[0]), "\n"); !strings.Contains(got, "output") || !strings.Contains(got, "input") {
				t.Errorf("%s: the first frame has the texts %q", name, got)
			}
		}
	}
}

// TestPointers checks the lines from copied numbers of the padding to their sources, and that
// padding of zeros has none.
func TestPointers(t *testing.T) {
	for mode, want := range map[string][]string{
		"zeros": nil,
		// From the corner, the second and third column above, and the second and third row beside.
		"reflect":   {"0,0 2,2", "1,0 1,2", "2,0 2,2", "0,1 2,1", "0,2 2,2"},
		"replicate": {"0,0 1,1", "1,0 1,1", "2,0 2,1", "0,1 1,1", "0,2 1,2"},
		"circular":  {"0,0 5,5", "1,0 1,5", "2,0 2,5", "0,1 5,1", "0,2 5,2"},
	} {
		a := animation(t, textbook(t, "layers.0.conv.padding_mode="+mode), input(), []int{0}, false, options("light"))
		var got []string
		for _, item := range a.Page(0).Items {
			if p, ok := item.(drawing.Pointer); ok {
				at := image.Pt(a.layout.boardX(), a.layout.row(len(got)/max(1, len(want)))+a.layout.rowHeight/2-7*a.layout.cell/2)
				cell := func(q image.Point) image.Point { return q.Sub(at).Div(a.layout.cell) }
				got = append(got, fmt.Sprintf("%d,%d %d,%d", cell(p.From).X, cell(p.From).Y, cell(p.To).X, cell(p.To).Y))
			}
		}
		if all := slices.Concat(want, want, want); !slices.Equal(got, all) { // in each channel
			t.Errorf("%s: the lines are %q, want %q", mode, got, all)
		}
	}
}

// TestGroups checks that frames name and enclose the channels that a filter's group reads.
func TestGroups(t *testing.T) {
	grouped, err := filters.NewConv(filters.ConvSpec{Name: "g", InChannels: 6, KernelSize: [2]int{1, 1}, Weights: make([]float32, 6), Groups: 3})
	if err != nil {
		t.Fatal(err)
	}
	stack, err := filters.NewStack("", 6, grouped)
	if err != nil {
		t.Fatal(err)
	}
	for side, board := range map[int]bool{5: true, 60: false} {
		in, _ := volume.New(volume.Shape{C: 6, H: side, W: side})
		plan, err := stack.Plan(in.Shape)
		if err != nil {
			t.Fatal(err)
		}
		a := animation(t, plan, in, []int{1}, false, options("light"))
		file := svgs(t, a)[0]
		if want := "   group 2 of 3 reads channels 2–3 of 6"; !strings.Contains(strings.Join(texts(t, file), "\n"), want) || a.layout.board != board {
			t.Errorf("%d×%[1]d: the first frame does not say %q", side, want)
		}
		top, bottom := a.layout.row(0), a.layout.row(1)+a.layout.rowHeight
		if want := fmt.Sprintf(`width="2" height="%d" fill="#5f6168"`, bottom-top); strings.Count(string(file), want) != 1 {
			t.Errorf("%d×%[1]d: there is no bracket from %d to %d", side, top, bottom)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		change func(o *Options)
		want   string
	}{
		{func(o *Options) { o.Each = "row" }, "place, channel or term"},
		{func(o *Options) { o.Frames = 1001 }, "1 to 1000"},
		{func(o *Options) { o.Frames = 0 }, "1 to 1000"},
		{func(o *Options) { o.Size.X = 4097 }, "240×240 to 4096×4096"},
		{func(o *Options) { o.Delay = 0 }, "20ms"},
	} {
		o := options("light")
		c.change(&o)
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", o, err, c.want)
		}
	}
	o := options("light")
	o.Size = image.Pt(4096, 4096)
	if err := o.CheckBytes(31); err == nil || !strings.Contains(err.Error(), "--frames 30 would fit") {
		t.Errorf("31 frames: %v", err)
	}
	if err := o.CheckBytes(30); err != nil {
		t.Errorf("30 frames: %v", err)
	}
	if _, err := ParseTheme("blue"); err == nil {
		t.Error("theme blue is known")
	}
	plan := textbook(t)
	for _, name := range []string{"W9", "2", "-1", "w"} {
		if k, err := ChooseFilter(plan.Layers[0].Layer, name); err == nil {
			t.Errorf("filter %s is %d", name, k)
		}
	}
	if k, err := ChooseFilter(plan.Layers[0].Layer, "W1"); err != nil || k != 1 {
		t.Errorf("filter W1 is %d, %v", k, err)
	}
}
