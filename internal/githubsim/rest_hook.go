package githubsim

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// jsonDelivery is an item of the delivery log.
func jsonDelivery(d *Delivery) object {
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

// hookConfig shows where webhooks go; the secret is never shown.
func (s *Server) hookConfig(*call) (any, error) {
	url, secret := s.hook.target()
	o := object{"content_type": "json", "insecure_ssl": "0", "url": url}
	if secret != "" {
		o["secret"] = "********"
	}
	return o, nil
}

// cursorOf is where the page after an attempt begins; GitHub's cursors are opaque.
const cursorOf = "v1_"

// listDeliveries pages by cursor, newest first. The filter failure finds the
// status codes 400 to 599 only, so that some outcomes are in neither filter.
func (s *Server) listDeliveries(c *call) (any, error) {
	size, _ := c.paging()
	before := int64(math.MaxInt64)
	if cursor := c.query("cursor"); cursor != "" {
		var err error
		if before, err = strconv.ParseInt(strings.TrimPrefix(cursor, cursorOf), 10, 64); err != nil {
			return nil, refuse(http.StatusBadRequest, "Invalid cursor")
		}
	}
	all, more := s.hook.page(before, size, func(d *Delivery) bool {
		switch c.query("status") {
		case "failure":
			return d.StatusCode >= 400 && d.StatusCode <= 599
		case "success":
			return d.OK()
		default:
			return true
		}
	})
	if more {
		next := cursorOf + strconv.FormatInt(all[len(all)-1].ID, 10)
		c.header.Set("Link", "<"+c.url(map[string]string{"cursor": next})+`>; rel="next"`)
	}
	out := []object{}
	for _, d := range all {
		out = append(out, jsonDelivery(d))
	}
	return out, nil
}

func (s *Server) getDelivery(c *call) (any, error) {
	d := s.hook.attempt(c.number("id"))
	if d == nil {
		return nil, notFound()
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

func (s *Server) redeliver(c *call) (any, error) {
	if err := s.hook.Redeliver(c.number("id")); err != nil {
		return nil, err
	}
	c.status = http.StatusAccepted
	return object{}, nil
}

// hookRoutes are the deliveries API, which old servers lack.
func (s *Server) hookRoutes() []route {
	all := []route{
		{pattern: "GET /app/hook/deliveries", access: byApp, handle: s.listDeliveries},
		{pattern: "GET /app/hook/deliveries/{id}", access: byApp, handle: s.getDelivery},
		{pattern: "POST /app/hook/deliveries/{id}/attempts", access: byApp, handle: s.redeliver},
	}
	for i := range all {
		if s.opts.NoDeliveries {
			all[i].handle = func(*call) (any, error) { return nil, notFound() }
		}
	}
	return append(all, route{pattern: "GET /app/hook/config", access: byApp, handle: s.hookConfig})
}
