package ghapp

import (
	"container/list"
	"sync"
)

// cacheWeight bounds the cache of git objects, in bytes as estimated.
const cacheWeight = 64 << 20

// objectKey names a git object: within one repository an id never means
// another content. The repository is part of the key, so that nothing is
// readable through another one.
type objectKey struct {
	repo int64
	kind string // "tree", "flat", "blob", "base"
	id   string
}

// objectCache keeps the objects used last, up to a total weight.
type objectCache struct {
	mu     sync.Mutex
	limit  int
	weight int
	order  *list.List // front: used last
	items  map[objectKey]*list.Element
}

type cachedObject struct {
	key    objectKey
	value  any
	weight int
}

func newObjectCache(limit int) *objectCache {
	return &objectCache{limit: limit, order: list.New(), items: map[objectKey]*list.Element{}}
}

func (c *objectCache) get(key objectKey) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.items[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	object, ok := e.Value.(*cachedObject)
	if !ok {
		return nil, false
	}
	return object.value, true
}

// put keeps a value. One that is heavier than half of the cache is not worth
// throwing out all others.
func (c *objectCache) put(key objectKey, value any, weight int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if weight > c.limit/2 {
		return
	}
	if e, ok := c.items[key]; ok {
		c.drop(e)
	}
	c.items[key] = c.order.PushFront(&cachedObject{key: key, value: value, weight: weight})
	c.weight += weight
	for c.weight > c.limit {
		c.drop(c.order.Back())
	}
}

func (c *objectCache) drop(e *list.Element) {
	object, ok := c.order.Remove(e).(*cachedObject)
	if !ok {
		return
	}
	delete(c.items, object.key)
	c.weight -= object.weight
}
