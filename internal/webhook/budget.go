package webhook

import (
	"bytes"
	"errors"
	"io"

	"golang.org/x/sync/semaphore"
)

const (
	// bodiesAtOnce bounds the memory of all bodies that are being read, whoever
	// sends them: ten of the largest that GitHub knows, thousands of ordinary ones.
	bodiesAtOnce = 256 << 20
	// bodyStep is how much of it a body takes at a time, so that a slow sender
	// holds no more than it has sent.
	bodyStep = 64 << 10
)

// errBusy says that too many bodies are being read at once.
var errBusy = errors.New("too many deliveries at once")

// metered reads a body on account of the budget. It does not wait for others:
// those that wait would hold what they have and never be done.
type metered struct {
	from   io.Reader
	budget *semaphore.Weighted
	taken  int64
	free   int // of what was taken and is not used yet
}

// Read implements io.Reader.
func (m *metered) Read(p []byte) (int, error) {
	if m.free == 0 {
		if !m.budget.TryAcquire(bodyStep) {
			return 0, errBusy
		}
		m.taken += bodyStep
		m.free = bodyStep
	}
	n, err := m.from.Read(p[:min(len(p), m.free)])
	m.free -= n
	return n, err
}

// release gives back what the body took, once nobody holds the body any more.
func (m *metered) release() { m.budget.Release(m.taken) }

// readBody reads a body whose sender announces that length, -1 for none. Room is made for it at once,
// but for no more than a step: who announces much has sent nothing yet.
func readBody(from io.Reader, announced int64) ([]byte, error) {
	room := min(max(announced, 0), bodyStep) + bytes.MinRead // which ReadFrom wants free until the end
	body := bytes.NewBuffer(make([]byte, 0, room))
	_, err := body.ReadFrom(from)
	return body.Bytes(), err
}
