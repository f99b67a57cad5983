package output

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"

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
	Check: checkHuggingFace,
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
			column := engine.LayerName(f.Stack, f.Layer) + "_" + f.Filter + "_file_name"
			if err := appendJSON(&row, manifest.Path(columnName(column))); err != nil {
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

// columnName joins stack and layer by an underscore, because a column is no path.
func columnName(name string) string {
	return string(bytes.ReplaceAll([]byte(name), []byte("/"), []byte("_")))
}

// appendJSON appends a value as manifests write it: keys keep their order.
func appendJSON(to *bytes.Buffer, p manifest.Path) error {
	data, err := json.Marshal(p)
	to.Write(data)
	return err
}
