package report

import (
	"embed"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"path"
)

// parts holds the page's HTML, style and scripts.
//
//go:embed page
var parts embed.FS

// program lists the scripts that compute. They are an element of their own, whose text is also
// the program of the page's worker.
var program = [...]string{"samples.js", "arithmetic.js", "tiles.js", "lanes.js"}

// scripts lists all other scripts in the order in which they stand in the page. app.js starts
// it.
var scripts = [...]string{
	"dom.js", "written.js", "size.js", "data.js", "draw.js", "paint.js", "maps.js", "crew.js", "stack.js", "gallery.js", "explain.js", "probe.js", "padded.js", "zoom.js",
	"stage.js", "pairs.js", "board.js", "play.js", "step.js", "change.js", "controls.js", "whatif.js", "compare.js", "kernels.js", "tabs.js", "picture.js", "app.js",
}

// html writes the page.
func (w *writer) html(out io.Writer) error {
	p := &printer{out: out}
	p.text("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
		generator + "\n" +
		"<link rel=\"icon\" href=\"data:,\">\n" +
		"<title>" + html.EscapeString(w.page.Run) + " – filterbank report</title>\n<style>\n")
	p.part("style.css")
	p.text("</style>\n</head>\n")
	p.part("page.html")
	p.text("<script type=\"application/json\" id=\"page\">")
	data, err := json.Marshal(w.page) // escapes <, > and &, so it ends no element
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	p.bytes(data)
	p.text("</script>\n<script id=\"engine\">\n\"use strict\";\n")
	for _, name := range program {
		p.part(name)
	}
	p.text("</script>\n<script>\n\"use strict\";\n{\n")
	for _, name := range scripts {
		p.part(name)
	}
	p.text("}\n</script>\n")
	if w.opts.Embed {
		if err := w.embed(p); err != nil {
			return err
		}
	}
	p.text("</body>\n</html>\n")
	return p.err
}

// embed writes all data into the page. Each value has an element of its own, which the page
// does not parse before it needs the value.
func (w *writer) embed(p *printer) error {
	for _, name := range w.names {
		data, err := w.stage.value(name)
		if err != nil {
			return err
		}
		p.text("<script type=\"application/json\" id=\"" + name + "\">")
		p.bytes(data)
		p.text("</script>\n")
	}
	return nil
}

// printer writes until the first error and keeps that error.
type printer struct {
	out io.Writer
	err error
}

func (p *printer) bytes(b []byte) {
	if p.err == nil {
		_, p.err = p.out.Write(b)
	}
}

func (p *printer) text(s string) { p.bytes([]byte(s)) }

// part writes a part of the page in few bytes.
func (p *printer) part(name string) {
	data, err := parts.ReadFile("page/" + name)
	if p.err == nil {
		p.err = err
	}
	switch path.Ext(name) {
	case ".js":
		data = append(compactScript(data), '\n')
	case ".css":
		data = compactStyle(data)
	}
	p.bytes(data)
}
