package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"filterbank/cmd/filterbank/cluster"
	"filterbank/filters/config"
	"filterbank/pipeline/bucket"
	"filterbank/pipeline/source"
)

func newKubernetes(c console) *cobra.Command {
	var f clusterFlags
	cmd := &cobra.Command{
		Use:   "kubernetes --image IMAGE [run's flags] INPUT...",
		Short: "Print an indexed Job for Kubernetes that does a run in shards",
		Long: "Prints a Job in YAML. Its pods see buckets, s3://..., and the volumes of --volume; all\n" +
			"inputs, lists and outputs must be there, with the paths that they have in the pods. A\n" +
			"stack file from elsewhere travels in a ConfigMap. If a volume is not mounted here at the\n" +
			"same path, nothing is planned, and --shards and --max-memory are needed.",
		Example: "  filterbank cluster kubernetes --image registry.example/filterbank:1 \\\n" +
			"    s3://photos/2026 -o s3://maps/2026 -c stack.yaml > job.yaml\n" +
			"  filterbank cluster kubernetes --image registry.example/filterbank:1 \\\n" +
			"    --volume data=/data --shards 64 --max-memory 1GiB /data/photos -o /data/maps",
		RunE: func(cmd *cobra.Command, inputs []string) error {
			p, err := f.pod(cmd, c, inputs)
			if err != nil {
				return err
			}
			return printJob(c, func(w io.Writer) error { return cluster.Kubernetes(w, p) })
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&f.image, "image", "", "container image whose entry point is filterbank")
	cmd.Flags().StringArrayVar(&f.volumes, "volume", nil, "PersistentVolumeClaim and the folder where pods see it, as in data=/data; repeatable")
	return cmd
}

// pod is the job of clusterJob for pods. It checks that pods see all places that the run names.
func (f *clusterFlags) pod(cmd *cobra.Command, c console, inputs []string) (p cluster.Pod, err error) {
	if strings.TrimSpace(f.image) == "" {
		return p, errors.New("--image names the container image with filterbank, as in --image registry.example/filterbank:1; the manual has its Containerfile")
	}
	p.Image = f.image
	if p.Volumes, err = parseVolumes(f.volumes); err != nil {
		return p, err
	}
	for _, in := range inputs {
		if err := checkPlace(&p, "input", in); err != nil {
			return p, err
		}
		f.unlisted = f.unlisted || elsewhere(&p, in)
	}
	places := map[string]string{"files-from": f.from, "out": f.out, "font": *f.option("font")}
	if len(f.features) > 0 {
		places["features"] = f.features[0]
	}
	for _, of := range slices.Sorted(maps.Keys(places)) {
		if place := places[of]; place != "" {
			if err := checkPlace(&p, "--"+of, place); err != nil {
				return p, err
			}
		}
	}
	f.unlisted = f.unlisted || elsewhere(&p, f.from)
	if err := f.carry(&p); err != nil {
		return p, err
	}
	p.Job, err = f.clusterJob(cmd, c, inputs, kubernetesTasks)
	return p, err
}

// option is the value of an output's option.
func (f *flags) option(name string) *string {
	for o, value := range f.options {
		if o.Name == name {
			return value
		}
	}
	return new(string)
}

// parseVolumes reads the values of --volume.
func parseVolumes(values []string) (volumes []cluster.Volume, err error) {
	claim := regexp.MustCompile(`^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`)
	for _, v := range values {
		name, at, _ := strings.Cut(v, "=")
		at = path.Clean(at)
		switch {
		case !claim.MatchString(name) || len(name) > 253 || !path.IsAbs(at) || at == "/" || strings.Contains(at, ":"):
			return nil, fmt.Errorf("volume %q: it must be the name of a PersistentVolumeClaim and a folder, as in data=/data", v)
		case at == "/tmp" || at == cluster.ConfigFolder:
			return nil, fmt.Errorf("volume %q: the pods use %s themselves: choose another folder", v, at)
		case slices.ContainsFunc(volumes, func(o cluster.Volume) bool { return o.Path == at }):
			return nil, fmt.Errorf("volume %q: another volume has the folder %s", v, at)
		}
		volumes = append(volumes, cluster.Volume{Claim: name, Path: at})
	}
	return volumes, nil
}

// checkPlace refuses a place that pods do not see.
func checkPlace(p *cluster.Pod, of, place string) error {
	switch {
	case bucket.IsURL(place):
		p.Bucket = true
	case volumeOf(p, place) == nil:
		return fmt.Errorf("%s %s: pods do not see it: give s3://bucket/prefix, or an absolute path on a volume with --volume CLAIM=/folder", of, source.Display(place))
	}
	return nil
}

// volumeOf is the volume that has a path, or nil.
func volumeOf(p *cluster.Pod, name string) *cluster.Volume {
	clean := path.Clean(name)
	for i, v := range p.Volumes {
		if clean == v.Path || strings.HasPrefix(clean, v.Path+"/") {
			return &p.Volumes[i]
		}
	}
	return nil
}

// elsewhere says whether a path lies on a volume that is not mounted on this machine.
func elsewhere(p *cluster.Pod, name string) bool {
	v := volumeOf(p, name)
	if v == nil {
		return false
	}
	_, err := os.Stat(v.Path)
	return err != nil
}

// carry puts the stack file and the statistics of --scale dataset: into the pod if they lie on no
// volume.
func (f *clusterFlags) carry(p *cluster.Pod) error {
	f.replaced = map[string]string{}
	if f.config != "" && volumeOf(p, f.config) == nil {
		at, text, err := carryFile(p, f.config, "stack"+path.Ext(f.config))
		if err != nil {
			return fmt.Errorf("-c %s: %w", source.Display(f.config), err)
		}
		// Weights beside the stack file would not be there.
		if file, err := config.Parse(at, text, f.sets...); err == nil {
			if _, err := file.Build(); errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("-c %s: it reads files that pods do not see: put it and them on a volume, with --volume CLAIM=/folder", source.Display(f.config))
			}
		}
		f.replaced["config"] = at
	}
	if name, bounds, ok := datasetFile(f.scale); ok && volumeOf(p, name) == nil {
		at, _, err := carryFile(p, name, "dataset.json")
		if err != nil {
			return fmt.Errorf("--scale %s: %w", source.Display(f.scale), err)
		}
		f.replaced["scale"] = datasetScale + at + bounds
	}
	return nil
}

// carriedBytes is the most that a pod's files have together: a ConfigMap has at most 1 MiB.
const carriedBytes = 500_000

// carryFile puts a file of text into the pod and returns its path there.
func carryFile(p *cluster.Pod, name, as string) (at string, text []byte, err error) {
	file, err := os.Open(name)
	if err != nil {
		return "", nil, source.Shown(err)
	}
	defer file.Close()
	text, err = io.ReadAll(io.LimitReader(file, carriedBytes+1))
	switch {
	case err != nil:
		return "", nil, source.Shown(err)
	case len(text) > carriedBytes || !utf8.Valid(text):
		return "", nil, fmt.Errorf("a ConfigMap takes text of at most %s: put the file on a volume, with --volume CLAIM=/folder", byteCount(carriedBytes))
	}
	p.Files = append(p.Files, cluster.File{Name: as, Text: string(text)})
	return path.Join(cluster.ConfigFolder, as), text, nil
}
