package config

import "filterbank/filters"

// names are the names of the layers that the i-th layer of a file makes, which has one part.
func (l Layer) names(i int) []string {
	name := l.part().nameOr(i)
	if l.Conv != nil && l.Conv.Separable {
		return []string{name + filters.RowsSuffix, name}
	}
	return []string{name}
}

// separate makes the two layers of a separable convolution.
func (c *Conv) separate(spec filters.ConvSpec) ([]filters.Layer, error) {
	rows, columns, err := spec.Separate()
	return []filters.Layer{rows, columns}, c.specError(err, c.files())
}
