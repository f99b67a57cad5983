package decode

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// Namespaces of XMP (XMP Specification Part 1, 7, and Part 2, 1.2.7).
const (
	rdfSpace  = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	tiffSpace = "http://ns.adobe.com/tiff/1.0/"
)

// xmpOrientation reads tiff:Orientation in an XMP packet, an attribute or an element of a
// description of the picture. Descriptions within other properties do not count: they can
// describe the pictures that this one was made from. The result is 0 for packets without
// orientation, and for packets with malformed XML before it. The error names any other value.
func xmpOrientation(packet []byte) (int, error) {
	if !bytes.Contains(packet, []byte(tiffSpace)) {
		return 0, nil
	}
	d := xml.NewDecoder(bytes.NewReader(packet))
	var path []string // names of the elements that are open, "" outside RDF
	for {
		token, err := d.Token()
		if err != nil {
			return 0, nil
		}
		switch token := token.(type) {
		case xml.StartElement:
			parent := ""
			if len(path) > 0 {
				parent = path[len(path)-1]
			}
			name := ""
			if token.Name.Space == rdfSpace {
				name = token.Name.Local
			}
			switch {
			case parent == "" || parent == "RDF" && name == "Description":
				path = append(path, name)
			case parent == "Description" && isOrientation(token.Name):
				var text string
				if d.DecodeElement(&text, &token) != nil {
					return 0, nil
				}
				return orientationOf(text)
			default:
				if d.Skip() != nil {
					return 0, nil
				}
				continue
			}
			if parent != "RDF" {
				continue
			}
			for _, a := range token.Attr {
				if isOrientation(a.Name) {
					return orientationOf(a.Value)
				}
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}

func isOrientation(n xml.Name) bool { return n.Space == tiffSpace && n.Local == "Orientation" }

// orientationOf reads a value of tiff:Orientation.
func orientationOf(text string) (int, error) {
	text = strings.TrimSpace(text)
	if len(text) != 1 || text[0] < '1' || text[0] > '8' {
		return 0, fmt.Errorf("its orientation is %.20q, where 1 to 8 is needed", text)
	}
	return int(text[0] - '0'), nil
}
