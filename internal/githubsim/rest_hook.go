package githubsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

// jsonDelivery is an item of the delivery log.
func jsonDelivery(d Delivery) object {
	o := object{
		"id": d.ID, "guid": d.GUID, "delivered_at": stamp(d.DeliveredAt), "redelivery": d.Redelivery, "duration": d.duration.Seconds(),
		"status": d.Status, "status_code": d.StatusCode, "event": d.Event, "action": orNull(d.Action), "installation_id": nil,
		"repository_id": nil, "throttled_at": nil,
	}
	if d.Installation != 0 {
		o["installation_id"] = d.Installation
	}
	if d.Repository != 0 {
		o["repository_id"] = d.Repository
	}
	return o
}

// listDeliveries pages by cursor, newest first.
func (s *Server) listDeliveries(c *call) (any, error) {
	all := s.hook.Log()
	slices.SortFunc(all, func(a, b Delivery) int { return int(b.ID - a.ID) })
	size, _ := c.paging()
	cursor, err := strconv.ParseInt(c.query("cursor"), 10, 64)
	if c.query("cursor") == "" {
		cursor = 1 << 62
	} else if err != nil {
		return nil, refuse(http.StatusBadRequest, "Invalid cursor")
	}
	out := []object{}
	for _, d := range all {
		failed := d.StatusCode >= 400 && d.StatusCode <= 599
		if d.ID >= cursor || c.query("status") == "failure" && !failed || c.query("status") == "success" && !d.OK() {
			continue
		}
		if len(out) == size {
			c.header.Set("Link", "<"+c.url(map[string]string{"cursor": strconv.FormatInt(d.ID+1, 10)})+`>; rel="next"`)
			break
		}
		out = append(out, jsonDelivery(d))
	}
	return out, nil
}

func (s *Server) getDelivery(c *call) (any, error) {
	for _, d := range s.hook.Log() {
		if d.ID != c.number("id") {
			continue
		}
		o := jsonDelivery(d)
		o["url"] = "" // GitHub leaves the address out of an app's deliveries
		headers := object{}
		for k := range d.Header {
			headers[k] = d.Header.Get(k)
		}
		o["request"] = object{"headers": headers, "payload": json.RawMessage(d.Payload)}
		o["response"] = object{"headers": object{}, "payload": d.Response}
		return o, nil
	}
	return nil, notFound()
}

func (s *Server) redeliver(c *call) (any, error) {
	if err := s.hook.Redeliver(c.number("id")); err != nil {
		return nil, err
	}
	c.status = http.StatusAccepted
	return object{}, nil
}
