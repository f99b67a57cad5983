package filters

import "fmt"

// PairText writes a vertical and a horizontal figure: one number if they are equal,
// otherwise v×h.
func PairText(v [2]int) string {
	if v[0] == v[1] {
		return fmt.Sprint(v[0])
	}
	return fmt.Sprintf("%d×%d", v[0], v[1])
}

// PaddingText writes a layer's padding as n, as h×w, or in the order of stack files as
// top,left,bottom,right. The mode follows unless it is zeros.
func (lp *LayerPlan) PaddingText() string {
	s := fmt.Sprintf("%d,%d,%d,%d", lp.Rows.Before, lp.Cols.Before, lp.Rows.After, lp.Cols.After)
	if lp.Rows.Before == lp.Rows.After && lp.Cols.Before == lp.Cols.After {
		s = PairText([2]int{lp.Rows.Before, lp.Cols.Before})
	}
	if l, ok := lp.Layer.(slider); ok && s != "0" {
		if mode := l.access(lp).mode; mode != Zeros {
			s += " " + mode.String()
		}
	}
	return s
}
