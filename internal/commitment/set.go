package commitment

import "fmt"

// Parsed is what a format found in one file.
type Parsed struct {
	// Mine: the file is of this format, even if it holds no commitment (an empty list
	// of rules). Only such a file counts as read.
	Mine        bool
	Commitments []Commitment
	Problems    []Problem
}

// Problem is why a part of a file could not be read. A new one is an unknown change.
type Problem struct {
	Line int    `json:"line,omitempty"`
	Text string `json:"text"` // for people: "the key for stands here twice"
	// Whole: nothing of the file could be read.
	Whole bool `json:"whole,omitempty"`
}

// Format reads one kind of file.
type Format struct {
	Name string
	// Sniff reports, cheaply, whether the file may be of this format. It may be
	// wrong towards yes only.
	Sniff func(path string, src []byte) bool
	// Parse reads what it can and never fails the whole for one bad item.
	Parse func(path string, src []byte) Parsed
}

// The limits of reading (formats.md section 3). Beyond them the answer is unknown, with a count.
const (
	MaxFileSize = 1 << 20 // bytes of one file
	MaxItems    = 10_000  // commitments of one file
	MaxFiles    = 200     // files of one change that are read for their commitments
)

// File is one file as it was read.
type File struct {
	Path string `json:"path"`
	// Read: some format knows this kind of file.
	Read     bool      `json:"read"`
	Formats  []string  `json:"formats,omitempty"`
	Problems []Problem `json:"problems,omitempty"`
}

// Set is what was read on one side of a change, over all its files.
type Set struct {
	Files       []File       `json:"files"`
	Commitments []Commitment `json:"commitments"`
}

// File is the reading of a path; the zero File where the set has none.
func (s *Set) File(path string) (File, bool) {
	for _, f := range s.Files {
		if f.Path == path {
			return f, true
		}
	}
	return File{}, false
}

// Add adds a file with what the formats found in it.
func (s *Set) Add(path string, found map[string]Parsed, order []string) {
	f := File{Path: path}
	for _, name := range order {
		p, ok := found[name]
		if !ok {
			continue
		}
		if p.Mine {
			f.Read, f.Formats = true, append(f.Formats, name)
		}
		f.Problems = append(f.Problems, p.Problems...)
		if len(p.Commitments) > MaxItems {
			f.Problems = append(f.Problems, Problem{Text: fmt.Sprintf("it holds %d commitments, only the first %d were read", len(p.Commitments), MaxItems)})
			p.Commitments = p.Commitments[:MaxItems]
		}
		s.Commitments = append(s.Commitments, p.Commitments...)
	}
	s.Files = append(s.Files, f)
}
