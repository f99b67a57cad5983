package engine

import "time"

// Stages holds the time spent in each part of the work, summed over the workers.
type Stages struct {
	Read, Decode, Convolve, Render, Encode, Write time.Duration
}

// Stage is one part of the work.
type Stage struct {
	Name string
	Time time.Duration
}

// List returns the stages in the order in which a picture passes through them.
func (s *Stages) List() []Stage {
	return []Stage{
		{"read", s.Read}, {"decode", s.Decode}, {"convolve", s.Convolve},
		{"render", s.Render}, {"encode", s.Encode}, {"write", s.Write},
	}
}

// Add adds the times of other stages.
func (s *Stages) Add(o Stages) {
	s.Read += o.Read
	s.Decode += o.Decode
	s.Convolve += o.Convolve
	s.Render += o.Render
	s.Encode += o.Encode
	s.Write += o.Write
}

// Clock charges the time since its last mark to a stage. A mark reads only the monotonic
// clock. time.Now also reads the wall clock.
type Clock struct {
	begun  time.Time
	marked time.Duration // time from begun to the last mark
}

// Start returns a clock that runs from now.
func Start() Clock { return Clock{begun: time.Now()} }

// Mark adds the time since the last mark to a stage.
func (c *Clock) Mark(stage *time.Duration) {
	now := time.Since(c.begun)
	*stage += now - c.marked
	c.marked = now
}
