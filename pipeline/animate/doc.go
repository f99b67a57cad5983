// Package animate owns animations of a layer at work: which frames there are, and what is where
// on each. It never opens files; package drawing turns its pages into pixels and SVG.
package animate
