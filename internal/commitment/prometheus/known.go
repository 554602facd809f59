package prometheus

import "sync"

// maxKnown bounds the conditions that are kept.
const maxKnown = 20_000

// conditions are those that were read, by their text. Nothing of a place or a template
// is in them, so that a text always gives the same. Safe for concurrent use.
type conditions struct {
	mu   sync.Mutex
	list map[string]condition
}

func (k *conditions) find(text string) (condition, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.list[text]
	return c, ok
}

func (k *conditions) keep(text string, c condition) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.list == nil {
		k.list = map[string]condition{}
	}
	if len(k.list) < maxKnown {
		k.list[text] = c
	}
}
