package githubsim

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// QueueEntry is a pull request in a merge queue with the commit that the merge
// group made of it.
type QueueEntry struct {
	ID     int64
	NodeID string
	Pull   *Pull
	Branch string // gh-readonly-queue/…
	Base   string // commit the group builds on
	Head   string // the new commit
	At     time.Time
	By     *User // who put it there
}

// Queue puts a pull request into the merge queue of its base branch.
func (a Actor) Queue(p *Pull) error {
	return a.on(p.repo, RoleWrite, func() error {
		if p.repo.queues[p.base] == nil {
			return refuse(http.StatusUnprocessableEntity, "The branch %s has no merge queue", p.base)
		}
		if p.queued {
			return refuse(http.StatusUnprocessableEntity, "Pull request is already in the merge queue")
		}
		if err := p.mergeable(p.headSHA); err != nil {
			return err
		}
		p.touch()
		p.queued, p.queuer = true, a.u
		p.event("added_to_merge_queue", a.u)
		a.s.emitPull(p, "enqueued", a.u, nil)
		return a.s.group(p, a.u)
	})
}

// group builds the merge group of the last entry of a queue.
func (s *Server) group(p *Pull, by *User) error {
	r := p.repo
	base := r.branches[p.base]
	if q := r.queues[p.base]; len(q) > 0 {
		base = q[len(q)-1].Head
	}
	c, err := s.mergeCommit(p, base, by)
	if err != nil {
		return err
	}
	id := s.next()
	e := &QueueEntry{
		ID: id, NodeID: nodeID("MQE", id), Pull: p, Base: base, Head: c.OID, At: s.now(), By: p.queuer,
		Branch: fmt.Sprintf("gh-readonly-queue/%s/pr-%d-%s", p.base, p.Number, base),
	}
	r.queues[p.base] = append(r.queues[p.base], e)
	r.branches[e.Branch] = e.Head
	s.emitPush(r, e.Branch, "", e.Head, false, by)
	s.emitGroup(p, e, "checks_requested", "", by)
	return nil
}

func (s *Server) emitGroup(p *Pull, e *QueueEntry, action, reason string, by *User) {
	payload := object{"merge_group": object{
		"head_sha": e.Head, "head_ref": "refs/heads/" + e.Branch, "base_sha": e.Base, "base_ref": "refs/heads/" + p.base,
		"head_commit": s.gitCommit(p.repo, p.repo.objects.commits[e.Head]),
	}}
	if reason != "" {
		payload["reason"] = reason
	}
	s.emit(p.repo.owner, p.repo, "merge_group", action, by, payload)
}

// RunQueue does what GitHub does on its own once checks have reported: it
// merges the entries at the front whose group passes the required checks, takes
// out those that fail, and leaves the rest waiting. It returns the pull
// requests that were merged.
func (r *Repo) RunQueue(branch string) []*Pull {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	var merged []*Pull
	for len(r.queues[branch]) > 0 {
		e := r.queues[branch][0]
		if !r.reported(branch, e.Head) {
			break
		}
		if r.checksPass(branch, e.Head, nil) != nil {
			r.s.dequeue(e.Pull, r.s.queueBot, "FAILED_CHECKS", "dequeued")
			continue
		}
		r.queues[branch] = r.queues[branch][1:]
		delete(r.branches, e.Branch)
		r.s.emitGroup(e.Pull, e, "destroyed", "merged", r.s.queueBot)
		r.s.closePull(e.Pull, r.s.queueBot, e.Head)
		r.s.setBranch(r, branch, e.Head, r.s.queueBot)
		merged = append(merged, e.Pull)
	}
	return merged
}

// reported tells whether every required check has an outcome.
func (r *Repo) reported(branch, sha string) bool {
	for _, need := range r.needs(branch) {
		if !slices.ContainsFunc(r.latest(sha), func(st *Status) bool { return st.Context == need.Context && st.State != "pending" }) {
			return false
		}
	}
	return true
}

// Dequeue takes a pull request out of the merge queue.
func (a Actor) Dequeue(p *Pull) error {
	return a.on(p.repo, RoleWrite, func() error {
		if !a.s.dequeue(p, a.u, "MANUAL", "dequeued") {
			return refuse(http.StatusUnprocessableEntity, "Pull request is not in the merge queue")
		}
		return nil
	})
}

// dequeue takes a pull request out of its queue and rebuilds the groups behind
// it; it reports whether it was in there. One that conflicts now leaves too.
func (s *Server) dequeue(p *Pull, by *User, reason, group string) bool {
	r := p.repo
	i := slices.IndexFunc(r.queues[p.base], func(e *QueueEntry) bool { return e.Pull == p })
	if i < 0 {
		return false
	}
	behind := r.queues[p.base][i:]
	r.queues[p.base] = slices.Clone(r.queues[p.base][:i])
	s.leaveQueue(p, by, reason)
	for n, e := range behind {
		delete(r.branches, e.Branch)
		why := "invalidated"
		if n == 0 {
			why = group
		}
		s.emitGroup(e.Pull, e, "destroyed", why, by)
	}
	for _, e := range behind[1:] {
		if s.group(e.Pull, by) != nil {
			s.leaveQueue(e.Pull, by, "MERGE_CONFLICT")
		}
	}
	return true
}

func (s *Server) leaveQueue(p *Pull, by *User, reason string) {
	p.touch()
	p.queued = false
	p.event("removed_from_merge_queue", by)
	s.emitPull(p, "dequeued", by, object{"reason": reason})
}

// Queued lists a branch's merge queue, the front first.
func (r *Repo) Queued(branch string) []QueueEntry {
	r.s.mu.RLock()
	defer r.s.mu.RUnlock()
	out := make([]QueueEntry, len(r.queues[branch]))
	for i, e := range r.queues[branch] {
		out[i] = *e
	}
	return out
}
