package arch

import (
	"fmt"
	"slices"
	"strings"

	"filterbank/filters/config"
	"filterbank/filters/onnx"
	"filterbank/filters/onnx/stackfile"
	"filterbank/filters/tensor"
)

// network is a row of the table.
type network struct {
	name     string
	prepared *stackfile.Preparation
	build    func(*builder)
}

// networks are all that are known, in the order of help texts.
func networks() []network {
	all := slices.Concat(plain(), residual(), squeezed(), mobile())
	for k := range all {
		all[k].prepared = ofTorchvision()
	}
	return append(all, others()...)
}

// ofTorchvision is how pictures are prepared for torchvision's own weights
// (https://pytorch.org/vision/stable/models.html).
func ofTorchvision() *stackfile.Preparation {
	return &stackfile.Preparation{
		By:   "torchvision's own weights expect red, green and blue, the 224×224 pixels in the middle of a picture whose shorter side has 256",
		Mean: [3]float32{0.485, 0.456, 0.406},
		Std:  [3]float32{0.229, 0.224, 0.225},
		Size: [2]int{224, 224},
	}
}

// Names lists the networks.
func Names() []string {
	var names []string
	for _, n := range networks() {
		names = append(names, n.name)
	}
	return names
}

// Import makes layers of a network and the tensors of a checkpoint, whose file must stay open as
// long as weights are read. The checkpoint may keep the tensors in a container, such as
// state_dict.module, and may lack the fully connected layers behind the maps. It is an error if
// the network is not known or does not fit; the error names the tensors, and networks that fit.
func Import(name string, checkpoint []tensor.Member, o stackfile.Options) (*stackfile.Network, error) {
	all := networks()
	k := slices.IndexFunc(all, func(n network) bool { return n.name == name })
	if k < 0 {
		return nil, unknown(name)
	}
	n := all[k]
	f := n.fit(checkpoint)
	if err := f.err(n.name); err != nil {
		if fitting := Fitting(checkpoint); len(fitting) > 0 {
			return nil, fmt.Errorf("%w; it fits %s", err, strings.Join(fitting, " and "))
		}
		return nil, err
	}
	o.Constants, o.Prepared = f.tensors, n.prepared
	return stackfile.Import(&onnx.Model{Opsets: map[string]int64{"": 17}, Graph: f.graph}, o)
}

// unknown is the error of a network's name that is not in the table.
func unknown(name string) error {
	if near, ok := config.Nearest(name, Names()); ok {
		return fmt.Errorf("%.60q is no network that is known, did you mean %s?", name, near)
	}
	return fmt.Errorf("%.60q is no network that is known: these are %s", name, strings.Join(Names(), ", "))
}

// Fitting are the names of the networks that a checkpoint fits.
func Fitting(checkpoint []tensor.Member) []string {
	var names []string
	for _, n := range networks() {
		if f := n.fit(checkpoint); f.err(n.name) == nil {
			names = append(names, n.name)
		}
	}
	return names
}
