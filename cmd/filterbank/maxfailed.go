package main

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"filterbank/pipeline/source"
)

// tolerance is the value of --max-failed.
type tolerance struct {
	text  string   // as given; empty for none
	count int      // of images
	share *big.Rat // of all images; nil if a count is given
}

// parseTolerance reads a number of images, or a percentage as in 0.5%. Empty is none.
func parseTolerance(text string) (t tolerance, err error) {
	t.text = text
	if text == "" {
		return t, nil
	}
	wrong := fmt.Errorf("max-failed %q: it must be a number of images, such as 20, or a share of them from 0%% to 100%%, such as 0.5%%", text)
	digits, isShare := strings.CutSuffix(text, "%")
	if digits == "" || len(digits) > 12 || strings.Trim(digits, "0123456789.") != "" {
		return t, wrong
	}
	number, ok := new(big.Rat).SetString(digits)
	switch {
	case !ok:
		return t, wrong
	case isShare && number.Cmp(big.NewRat(100, 1)) > 0:
		return t, wrong
	case isShare:
		t.share = number.Quo(number, big.NewRat(100, 1))
	case !number.IsInt() || strings.Contains(digits, "."):
		return t, wrong
	default:
		t.count = int(number.Num().Int64())
	}
	return t, nil
}

// most is the number of images that may fail of all.
func (t tolerance) most(all int) int {
	if t.share == nil {
		return t.count
	}
	most := new(big.Rat).Mul(t.share, big.NewRat(int64(all), 1))
	return int(new(big.Int).Quo(most.Num(), most.Denom()).Int64())
}

// failedLine says how many images failed, and how many may.
func (t tolerance) failedLine(failed, all int) string {
	return fmt.Sprintf("%d of %s failed; --max-failed %s allows %d", failed, counted(all, "image"), t.text, t.most(all))
}

// verdict is the error of a command of whose images some have failed, or none. If --max-failed
// was given, the number of failures is said, in the command's last line.
func (f *flags) verdict(c console, w *workplace, failed, all int) error {
	t := f.tolerated
	switch {
	case failed == 0:
		return nil
	case failed <= t.most(all):
		return f.tell(c, w, t.failedLine(failed, all), "event", "tolerated", "failed", failed, "images", all, "allowed", t.most(all))
	case t.text == "":
		return &exit{code: exitFailed}
	}
	return &exit{exitFailed, errors.New(t.failedLine(failed, all))}
}

// checkWork checks the flags about the work on each image.
func (f *flags) checkWork(onError string) (err error) {
	if onError != "skip" && onError != "stop" {
		return fmt.Errorf("on-error %q: it must be skip or stop", onError)
	}
	if onError == "stop" && f.maxFailed != "" {
		return errors.New("--on-error stop ends at the first failure, and --max-failed allows some: leave out one of the two")
	}
	if f.grace < 0 {
		return fmt.Errorf("grace must not be negative, got %v", f.grace)
	}
	f.tolerated, err = parseTolerance(f.maxFailed)
	return err
}

// noImage is the error of a command whose inputs give no image. If one of them cannot be read for
// now, the command may be tried again.
func noImage(entries []source.Entry) error {
	err := errors.New("there is no image among the inputs")
	for i := range entries {
		if problem := entries[i].Problem; problem != nil && mayPass(problem) {
			return &exit{exitAgain, err}
		}
	}
	return &exit{exitUsage, err}
}
