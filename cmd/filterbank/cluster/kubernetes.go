package cluster

import (
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Pod is what a Job for Kubernetes needs besides.
type Pod struct {
	Job
	Image   string   // that has the program as its entry point
	Volumes []Volume // claims that hold inputs and results
	Files   []File   // small files that the command names, by their paths in the pod
	Bucket  bool     // inputs or results lie in a bucket
}

// Volume is a claim of a volume and the folder where pods see it.
type Volume struct{ Claim, Path string }

// File is a text of a config map and its name below ConfigFolder.
type File struct{ Name, Text string }

// ConfigFolder is the folder where pods see the files of a Pod.
const ConfigFolder = "/etc/filterbank"

//go:embed kubernetes.yaml
var kubernetesJob string

// Kubernetes writes a Job in YAML and, if the pod needs files, a ConfigMap before it. Words that
// are no UTF-8 cannot stand in YAML and are an error.
func Kubernetes(w io.Writer, p Pod) error {
	for _, word := range slices.Concat(p.Command, []string{p.Image}) {
		if !utf8.ValidString(word) {
			return fmt.Errorf("%q is no UTF-8, and a Job for Kubernetes is: use other names", word)
		}
	}
	for _, f := range p.Files {
		if !utf8.ValidString(f.Text) {
			return errors.New(f.Name + " is no UTF-8, and a Job for Kubernetes is")
		}
	}
	return fill(w, kubernetesJob, append(p.values(),
		"{{name}}", p.name(),
		"{{tasks}}", counted(p.Tasks, "task"),
		"{{number of tasks}}", strconv.Itoa(p.Tasks),
		"{{parallel tasks}}", strconv.Itoa(p.parallel()),
		"{{failing tasks}}", strconv.Itoa(p.failing()),
		"{{seconds to end}}", strconv.Itoa(p.seconds()),
		"{{merge command}}", bashWords(p.merge()),
		"{{image}}", quoted(p.Image),
		// Blocks of lines: a block without lines leaves no empty line.
		"{{how to make the secret}}\n", p.secretComment(),
		"{{config map}}\n", p.configMap(),
		"{{arguments}}\n", p.arguments(),
		"{{secret}}\n", p.secret(),
		"{{mounts}}\n", p.mounts(),
		"{{volumes}}\n", p.volumes(),
	))
}

// name is the name of the Job and of its ConfigMap. Jobs that do other work have other names.
func (p Pod) name() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %d %q\n", p.Command, p.Image, p.Tasks, p.Volumes)
	for _, f := range p.Files {
		fmt.Fprintf(h, "%q %q\n", f.Name, f.Text)
	}
	return fmt.Sprintf("filterbank-%.8x", h.Sum(nil)[:4])
}

// secretComment says how the secret of a bucket is made.
func (p Pod) secretComment() string {
	if !p.Bucket {
		return ""
	}
	return `#
# The credentials of the bucket come from a secret, which is made once, or from the role of the
# pod's service account:
#   kubectl create secret generic filterbank-s3 --from-literal=AWS_ACCESS_KEY_ID=... \
#     --from-literal=AWS_SECRET_ACCESS_KEY=... --from-literal=AWS_REGION=...
`
}

// secret gives the container the secret of a bucket as environment variables.
func (p Pod) secret() string {
	if !p.Bucket {
		return ""
	}
	return `        envFrom:
        - secretRef: {name: filterbank-s3, optional: true}
`
}

// configMap is a document with the files, which ends before the Job's.
func (p Pod) configMap() string {
	if len(p.Files) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: ConfigMap\ndata:\n")
	for _, f := range p.Files {
		fmt.Fprintf(&b, "  %s: %s\n", quoted(f.Name), literal(f.Text))
	}
	fmt.Fprintf(&b, "metadata:\n  name: %s\nimmutable: true\n---\n", p.name())
	return b.String()
}

// arguments are the command without the program, which is the entry point of the image.
func (p Pod) arguments() string {
	var b strings.Builder
	for _, word := range p.sharded()[1:] {
		fmt.Fprintf(&b, "        - %s\n", podArgument(word))
	}
	return b.String()
}

// mounts are the folders where the container sees the files and the claims.
func (p Pod) mounts() string {
	var b strings.Builder
	if len(p.Files) > 0 {
		fmt.Fprintf(&b, "        - {name: files, mountPath: %s}\n", ConfigFolder)
	}
	for i, v := range p.Volumes {
		fmt.Fprintf(&b, "        - {name: volume-%d, mountPath: %s}\n", i, quoted(v.Path))
	}
	return b.String()
}

// volumes are the config map and the claims.
func (p Pod) volumes() string {
	var b strings.Builder
	if len(p.Files) > 0 {
		fmt.Fprintf(&b, "      - {name: files, configMap: {name: %s}}\n", p.name())
	}
	for i, v := range p.Volumes {
		fmt.Fprintf(&b, "      - {name: volume-%d, persistentVolumeClaim: {claimName: %s}}\n", i, quoted(v.Claim))
	}
	return b.String()
}

// failing is how many tasks may fail before a Job for Kubernetes ends: a tenth.
func (p Pod) failing() int { return max(1, p.Tasks/10) }

// parallel is how many pods there are at most at a time.
func (p Pod) parallel() int { return min(p.Tasks, 100) }
