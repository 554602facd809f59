package commitment

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

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
	// Whole: nothing of the file, or of one of its documents, could be read.
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

// The limits of reading (formats.md section 3). Beyond them the answer is unknown, with
// a count. They bound time as well: the core has no clock, and a judgement that depended
// on one could not be repeated.
const (
	MaxFileSize = 1 << 20  // bytes of one file
	MaxItems    = 10_000   // commitments of one file
	MaxFiles    = 200      // files of one change that are read for their commitments
	MaxBytes    = 24 << 20 // of all files of one side
)

// File is one file as it was read.
type File struct {
	Path string `json:"path"`
	// Read: some format knows this kind of file.
	Read     bool      `json:"read"`
	Formats  []string  `json:"formats,omitempty"`
	Problems []Problem `json:"problems,omitempty"`
	// Hash of the content, to tell a file that did not change.
	Hash string `json:"hash"`
}

// broken reports whether a part of the file of unknown size could not be read.
func (f File) broken() bool {
	return slices.ContainsFunc(f.Problems, func(p Problem) bool { return p.Whole })
}

// Set is what was read on one side of a change, over all its files.
type Set struct {
	Files       []File       `json:"files"`
	Commitments []Commitment `json:"commitments"`
}

// File is the reading of a path; false where the set has none.
func (s *Set) File(path string) (File, bool) {
	for _, f := range s.Files {
		if f.Path == path {
			return f, true
		}
	}
	return File{}, false
}

// Unreadable adds a file whose content cannot be had, and why.
func (s *Set) Unreadable(path, why string) {
	s.Files = append(s.Files, File{Path: path, Read: true, Problems: []Problem{{Text: why, Whole: true}}})
}

// Load reads one file with the formats that take it. A problem that several formats
// see is one.
func (s *Set) Load(path string, src []byte, formats []Format) {
	sum := sha256.Sum256(src)
	f := File{Path: path, Hash: hex.EncodeToString(sum[:])}
	if len(src) > MaxFileSize {
		s.Unreadable(path, "it is larger than 1 MiB")
		s.Files[len(s.Files)-1].Hash = f.Hash
		return
	}
	for _, format := range formats {
		if !format.Sniff(path, src) {
			continue
		}
		p := format.Parse(path, src)
		if p.Mine {
			f.Read, f.Formats = true, append(f.Formats, format.Name)
		}
		for _, problem := range p.Problems {
			if !slices.Contains(f.Problems, problem) {
				f.Problems = append(f.Problems, problem)
			}
		}
		if left := len(p.Commitments) - MaxItems; left > 0 {
			f.Problems = append(f.Problems, Problem{Text: fmt.Sprintf("it holds %d commitments more than the %d that are read", left, MaxItems), Whole: true})
			p.Commitments = p.Commitments[:MaxItems]
		}
		s.Commitments = append(s.Commitments, p.Commitments...)
	}
	s.Files = append(s.Files, f)
}
