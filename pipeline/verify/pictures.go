package verify

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"

	"filterbank/filters/volume"
	"filterbank/pipeline/decode"
)

//go:embed cases/pictures.json cases/*.png cases/*.jpg
var pictureFiles embed.FS

// picture is a file and its decoded values, which cases/make_pictures.py computed with
// Pillow and libjpeg-turbo.
type picture struct {
	File    string       `json:"file"`
	Shape   volume.Shape `json:"shape"`
	Stretch [2]int       `json:"stretch"` // width and height after resizing; 0 keeps the size
	SHA256  string       `json:"sha256"`  // digest of the bits of the decoded volume
	data    []byte
}

func loadPictures() ([]picture, error) {
	data, err := pictureFiles.ReadFile("cases/pictures.json")
	if err != nil {
		return nil, err
	}
	var pictures []picture
	if err := json.Unmarshal(data, &pictures); err != nil {
		return nil, fmt.Errorf("read cases/pictures.json: %w", err)
	}
	for i := range pictures {
		if pictures[i].data, err = pictureFiles.ReadFile("cases/" + pictures[i].File); err != nil {
			return nil, err
		}
	}
	return pictures, nil
}

// checkDecoding covers depths, transparency, palettes, chroma, orientation, resizing
// and normalisation.
func checkDecoding(pictures []picture, bits hash.Hash) Check {
	check := Check{What: "pictures as Pillow's and libjpeg-turbo's"}
	for _, p := range pictures {
		err := p.check(bits)
		if err != nil {
			err = fmt.Errorf("%s: %w", p.File, err)
		}
		check.count(err)
	}
	return check
}

func (p *picture) check(bits hash.Hash) error {
	v, err := p.decode()
	if err != nil {
		return err
	}
	writeFloats(bits, v.Data)
	if v.Shape != p.Shape {
		return fmt.Errorf("it is %v, want %v", v.Shape, p.Shape)
	}
	sum := sha256.New()
	writeFloats(sum, v.Data)
	if got := hex.EncodeToString(sum.Sum(nil)); got != p.SHA256 {
		return fmt.Errorf("its values have the digest %s, want %s", got, p.SHA256)
	}
	return nil
}

func (p *picture) decode() (*volume.Volume, error) {
	opts := decode.Options{
		Background: [3]uint8{200, 100, 50},
		Mean:       [3]float32{0.485, 0.456, 0.406},
		Std:        [3]float32{0.229, 0.224, 0.225},
	}
	if p.Stretch != [2]int{} {
		opts.Resize = &decode.Resize{Width: p.Stretch[0], Height: p.Stretch[1], Mode: decode.Stretch}
	}
	d, err := decode.New(opts)
	if err != nil {
		return nil, err
	}
	pic, err := d.Decode(context.Background(), p.data)
	if err != nil {
		return nil, err
	}
	v, err := volume.New(pic.Size())
	if err != nil {
		return nil, err
	}
	return v, pic.ReadRows(v.Rows(0, v.H))
}
