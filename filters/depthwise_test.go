package filters

import (
	"context"
	"math/rand/v2"
	"testing"

	"filterbank/filters/kernel"
	"filterbank/filters/simd"
	"filterbank/filters/volume"
)

// aside is a picture that is not a volume, whose rows are copied.
type aside struct{ v *volume.Volume }

func (a aside) Size() volume.Shape { return a.v.Shape }

func (a aside) ReadRows(dst volume.Rows) error {
	dst.CopyFrom(a.v.Rows(dst.Y, dst.Y+dst.N))
	return nil
}

// TestDepthwiseEqualsReference has layers with a filter for each channel, whose windows are read
// from the volume itself or from a copy with padding, of maps narrower and wider than vectors.
func TestDepthwiseEqualsReference(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 1))
	var teams []*Team
	for _, set := range simd.Sets() {
		for _, team := range []*Team{newTeam(1, 0), newTeam(1, 4<<10), newTeam(2, 0)} {
			team.Kernel = kernel.New(set)
			teams = append(teams, team)
		}
	}
	var every Runner
	for i := range 900 {
		channels, side := 1+random.IntN(3), 3+random.IntN(2)*2
		stride := 1 + random.IntN(2)
		spec := ConvSpec{
			Name: "depthwise", InChannels: channels, Groups: channels, KernelSize: [2]int{side, side}, Stride: [2]int{stride, stride},
			Weights: make([]float32, channels*side*side), Bias: make([]float32, channels), Activation: []Activation{ReLU, None}[random.IntN(2)],
		}
		mode := []PaddingMode{Zeros, Zeros, Reflect, Circular}[i%4]
		padding := func() int { return random.IntN(side + 1 - i%4/2) } // reflection adds less than a side
		spec.Padding = Padding{Top: padding(), Left: padding(), Bottom: padding(), Right: padding(), Mode: mode}
		fillRandom(random, spec.Weights)
		fillRandom(random, spec.Bias)
		layer, err := NewConv(spec)
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewStack("", channels, layer)
		if err != nil {
			t.Fatal(err)
		}
		in, err := volume.New(volume.Shape{C: channels, H: side + random.IntN(20), W: side + random.IntN(120)})
		if err != nil {
			t.Fatal(err)
		}
		fillRandom(random, in.Data)
		if i%3 == 0 {
			fillSpecial(random, in.Data)
		}
		p, err := s.Plan(in.Shape)
		if err != nil {
			t.Fatal(err)
		}
		team, selected := teams[i/4%len(teams)], []bool{true}
		for _, picture := range []RowReader{in, aside{in}} {
			checkAgainstReference(t, func(emit Emit) error {
				return team.Run(context.Background(), p, selected, picture, emit)
			}, p, in, selected)
		}
		got, err := team.Extremes(context.Background(), p, selected, in)
		if err != nil {
			t.Fatal(err)
		}
		checkExtremes(t, p, "team", got, everyValue(t, &every, p, in, selected))
	}
}
