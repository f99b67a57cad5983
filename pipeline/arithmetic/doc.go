// Package arithmetic owns the sum behind one output of a layer: its terms in the order of
// summation, and the sum written out. It never computes whole maps and never draws.
//
// The texts are the same as on the report's page, whose scripts have a writer of their own.
package arithmetic
