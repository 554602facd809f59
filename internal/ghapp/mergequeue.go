package ghapp

import (
	"context"
	"errors"
	"fmt"

	"github.com/slagate/slagate/internal/pull"
)

// QueueEntry is a pull request in a merge queue, with the commits of its group.
type QueueEntry struct {
	Number    int
	GroupHead string // the commit that the group would merge; "" while it is being made
	GroupBase string
	Head      string // of the pull request itself
}

// MergeQueue lists the entries of a branch's merge queue in their order; none
// if the branch has no queue, or the server knows none.
// https://docs.github.com/en/graphql/reference/objects#mergequeue
func (g *Gatherer) MergeQueue(ctx context.Context, ref pull.Ref, branch string) ([]QueueEntry, error) {
	entries, err := g.mergeQueue(ctx, ref, branch)
	if err != nil {
		return nil, fmt.Errorf("merge queue of %s/%s %s: %w", ref.Owner, ref.Repo, branch, cleaned(err))
	}
	return entries, nil
}

func (g *Gatherer) mergeQueue(ctx context.Context, ref pull.Ref, branch string) ([]QueueEntry, error) {
	inst, err := g.creator.installation(ref.Installation)
	if err != nil {
		return nil, err
	}
	var out []QueueEntry
	cursor := ""
	for range pagesAtMost {
		page, err := g.queuePage(ctx, inst, ref, branch, cursor)
		if err != nil || page == nil {
			return nil, err
		}
		for _, n := range page.Nodes {
			out = append(out, n.entry())
		}
		if !page.PageInfo.HasNextPage {
			return out, nil
		}
		cursor = page.PageInfo.EndCursor
	}
	return nil, errEndless
}

type graphQueueEntry struct {
	HeadCommit  *oidNode   `json:"headCommit"`
	BaseCommit  *oidNode   `json:"baseCommit"`
	PullRequest *graphPull `json:"pullRequest"`
}

func (e *graphQueueEntry) entry() QueueEntry {
	var out QueueEntry
	if e.HeadCommit != nil {
		out.GroupHead = e.HeadCommit.OID
	}
	if e.BaseCommit != nil {
		out.GroupBase = e.BaseCommit.OID
	}
	if e.PullRequest != nil {
		out.Number, out.Head = e.PullRequest.Number, e.PullRequest.HeadRefOID
	}
	return out
}

// askQueue sends a query about merge queues. A server whose schema knows none is asked
// again without them, and never again with them; write is told which.
func (c *Creator) askQueue(ctx context.Context, inst *installation, write func(queues bool) *graphQuery) (*graphAnswer, error) {
	if c.noQueues.Load() {
		return c.ask(ctx, inst, write(false), nil)
	}
	answer, err := c.ask(ctx, inst, write(true), nil)
	lacks, ok := errors.AsType[*noFieldError](err)
	if !ok || lacks.field != "mergeQueue" && lacks.field != "mergeQueueEntry" {
		return answer, err
	}
	if !c.noQueues.Swap(true) {
		c.log.Info().Str("field", lacks.field).Msg("this server has no merge queues")
	}
	return c.ask(ctx, inst, write(false), nil)
}

// queuePage is one page of the queue; nil if the branch has none.
func (g *Gatherer) queuePage(ctx context.Context, inst *installation, ref pull.Ref, branch, cursor string) (*connection[graphQueueEntry], error) {
	answer, err := g.creator.askQueue(ctx, inst, func(queues bool) *graphQuery {
		q := newGraphQuery()
		q.set("owner", "String!", ref.Owner)
		q.set("name", "String!", ref.Repo)
		q.write(`repository(owner:$owner,name:$name){databaseId `)
		if queues {
			q.write(`mergeQueue(branch:%s){entries(first:%d%s){`+
				`nodes{headCommit{oid} baseCommit{oid} pullRequest{number headRefOid}} %s}}`, q.text(branch), perPage, q.after(cursor), pageOn)
		}
		q.write(`}`)
		return q
	})
	if err != nil {
		return nil, err
	}
	if err := sameRepository(answer, ref); err != nil {
		return nil, err
	}
	var repo struct {
		MergeQueue *struct {
			Entries *connection[graphQueueEntry] `json:"entries"`
		} `json:"mergeQueue"`
	}
	if _, err := answer.decode("repository", &repo); err != nil {
		return nil, err
	}
	if repo.MergeQueue == nil {
		return nil, nil
	}
	return repo.MergeQueue.Entries, repo.MergeQueue.Entries.whole("entries of the merge queue")
}
