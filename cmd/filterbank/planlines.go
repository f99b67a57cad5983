package main

import (
	"slices"

	"filterbank/filters"
)

// mostLanes is the number of lines side by side that a reader can follow.
const mostLanes = 8

// lane is a line from a layer to the layers that name it in their inputs.
type lane struct {
	from, to int // index of the first and of the last layer; −1 is the picture
	column   int
	readers  []int
}

// planLines are the lines before the names of a graph's layers: a text for the picture, then one a
// layer, all of the same width. The texts are empty for a chain. ok is false where the lines would
// be too many to follow.
//
// A line begins with ╭ or ┬ at the layer that it comes from. It joins the names of the layers that
// read it, the last one with ╰ or ┴. Lines that it meets on the way pass unbroken.
func planLines(plan *filters.Plan) (texts []string, ok bool) {
	lanes := planLanes(plan)
	texts = make([]string, len(plan.Layers)+1)
	width := 0
	for _, l := range lanes {
		width = max(width, l.column+1)
	}
	if width == 0 || width > mostLanes {
		return texts, width == 0
	}
	for i := range texts {
		texts[i] = lineBefore(lanes, width, i-1)
	}
	return texts, true
}

// planLanes gives each layer that others name a line, as far left as there is room.
func planLanes(plan *filters.Plan) (lanes []lane) {
	of := map[int]int{} // by the index of a layer, its place in lanes
	for l := range plan.Layers {
		lp := &plan.Layers[l]
		if lp.Layer.Inputs() == nil {
			continue
		}
		for _, from := range lp.Inputs {
			at, known := of[from]
			if !known {
				at, of[from] = len(lanes), len(lanes)
				lanes = append(lanes, lane{from: from})
			}
			lanes[at].to = l
			lanes[at].readers = append(lanes[at].readers, l)
		}
	}
	slices.SortFunc(lanes, func(a, b lane) int { return a.from - b.from })
	var ends []int // of the last line of each column
	for i := range lanes {
		column := slices.IndexFunc(ends, func(end int) bool { return end < lanes[i].from })
		if column < 0 {
			column, ends = len(ends), append(ends, 0)
		}
		lanes[i].column, ends[column] = column, lanes[i].to
	}
	return lanes
}

// lineBefore draws the lines before the name of a layer.
func lineBefore(lanes []lane, width, layer int) string {
	text := make([]rune, width+2)
	joined := false // a line further left has joined the name
	for column := range width {
		text[column] = ' '
		if joined {
			text[column] = '─'
		}
		for _, l := range lanes {
			if l.column != column || layer < l.from || layer > l.to {
				continue
			}
			marks := [2]rune{'│', '│'} // of the leftmost line that joins the name, and of others
			switch {
			case layer == l.from:
				marks = [2]rune{'╭', '┬'}
			case layer == l.to:
				marks = [2]rune{'╰', '┴'}
			case slices.Contains(l.readers, layer):
				marks = [2]rune{'├', '┼'}
			}
			if text[column] = marks[0]; joined {
				text[column] = marks[1]
			}
			joined = joined || marks[0] != '│'
		}
	}
	text[width], text[width+1] = ' ', ' '
	if joined {
		text[width] = '─'
	}
	return string(text)
}
