package output

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"filterbank/pipeline/engine"
	"filterbank/pipeline/manifest"
	"filterbank/pipeline/store"
)

// huggingFace is metadata.jsonl as load_dataset("imagefolder") of Hugging Face's datasets
// reads it: a row for each picture that is done, with its label and the name of each of its maps
// under <layer>_<filter>_file_name, or <stack>_<layer>_<filter>_file_name.
var huggingFace = Table{
	Name: "huggingface", Option: "metadata", File: store.MetadataName,
	Help:  "huggingface: metadata.jsonl beside the maps, for load_dataset(\"imagefolder\")",
	Check: checkHuggingFace, CheckNames: checkColumns,
	Write: writeHuggingFace,
}

// checkHuggingFace wants pictures of maps: arrays are no images of a folder.
func checkHuggingFace(formats []*Format) error {
	if slices.ContainsFunc(formats, (*Format).mapPictures) {
		return nil
	}
	return errors.New("metadata huggingface names maps that are pictures: add the format png or png16")
}

func writeHuggingFace(w io.Writer, records iter.Seq2[*manifest.Record, error]) error {
	out := bufio.NewWriter(w)
	for rec, err := range records {
		if err != nil {
			return err
		}
		if rec.Status != manifest.OK {
			continue
		}
		var row bytes.Buffer
		row.WriteString(`{"input":`)
		if err := appendJSON(&row, rec.Input); err != nil {
			return err
		}
		if rec.Label != "" {
			row.WriteString(`,"label":`)
			if err := appendJSON(&row, manifest.Path(rec.Label)); err != nil {
				return err
			}
		}
		for i := range rec.Files {
			f := &rec.Files[i]
			if !IsMap(f) {
				continue
			}
			row.WriteByte(',')
			if err := appendJSON(&row, manifest.Path(columnOf(f))); err != nil {
				return err
			}
			row.WriteByte(':')
			if err := appendJSON(&row, f.Path); err != nil {
				return err
			}
		}
		row.WriteString("}\n")
		if _, err := out.Write(row.Bytes()); err != nil {
			return err
		}
	}
	return out.Flush()
}

// columnOf returns the column of a map. It joins stack and layer by an underscore, because a
// column is no path.
func columnOf(f *manifest.File) string {
	return strings.ReplaceAll(engine.LayerName(f.Stack, f.Layer), "/", "_") + "_" + f.Filter + "_file_name"
}

// checkColumns refuses two maps with the same column: readers take the last one.
func checkColumns(v *View) error {
	owner := map[string]string{}
	for _, p := range v.Files() {
		if !IsMap(&p.File) {
			continue
		}
		column, name := columnOf(&p.File), strings.TrimPrefix(p.Suffix, "/")
		if other, ok := owner[column]; ok {
			return fmt.Errorf("metadata huggingface: %s and %s of an image would have the same column, %s: rename a stack, a layer or a filter", other, name, column)
		}
		owner[column] = name
	}
	return nil
}

// appendJSON appends a value as manifests write it: keys keep their order.
func appendJSON(to *bytes.Buffer, p manifest.Path) error {
	data, err := json.Marshal(p)
	to.Write(data)
	return err
}
