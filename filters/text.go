package filters

import "fmt"

// PairText writes a vertical and a horizontal figure: one number where they are the same,
// otherwise v×h.
func PairText(v [2]int) string {
	if v[0] == v[1] {
		return fmt.Sprint(v[0])
	}
	return fmt.Sprintf("%d×%d", v[0], v[1])
}

// PaddingText writes a layer's padding: n, h×w, or top,left,bottom,right, as a stack file
// orders them, and the mode where it is not zeros.
func (lp *LayerPlan) PaddingText() string {
	s := fmt.Sprintf("%d,%d,%d,%d", lp.Rows.Before, lp.Cols.Before, lp.Rows.After, lp.Cols.After)
	if lp.Rows.Before == lp.Rows.After && lp.Cols.Before == lp.Cols.After {
		s = PairText([2]int{lp.Rows.Before, lp.Cols.Before})
	}
	if mode := lp.Layer.access(lp).mode; mode != Zeros && s != "0" {
		s += " " + mode.String()
	}
	return s
}
