package githubsim

// The conversions that the schema's interface Node and its unions ask for: one
// a type, each true for that type only.

// ToUser is the node if it is of that type; so are the others below.
func (n *gqlNode) ToUser() (*gqlUser, bool) { return as[*gqlUser](n.v) }

// ToBot see ToUser.
func (n *gqlNode) ToBot() (*gqlBot, bool) { return as[*gqlBot](n.v) }

// ToMannequin see ToUser.
func (n *gqlNode) ToMannequin() (*gqlBot, bool) { return nil, false }

// ToOrganization see ToUser.
func (n *gqlNode) ToOrganization() (*gqlOrg, bool) { return as[*gqlOrg](n.v) }

// ToTeam see ToUser.
func (n *gqlNode) ToTeam() (*gqlTeam, bool) { return as[*gqlTeam](n.v) }

// ToRepository see ToUser.
func (n *gqlNode) ToRepository() (*gqlRepo, bool) { return as[*gqlRepo](n.v) }

// ToRef see ToUser.
func (n *gqlNode) ToRef() (*gqlRef, bool) { return as[*gqlRef](n.v) }

// ToBlob see ToUser.
func (n *gqlNode) ToBlob() (*gqlBlob, bool) { return as[*gqlBlob](n.v) }

// ToTree see ToUser.
func (n *gqlNode) ToTree() (*gqlTree, bool) { return as[*gqlTree](n.v) }

// ToCommit see ToUser.
func (n *gqlNode) ToCommit() (*gqlCommit, bool) { return as[*gqlCommit](n.v) }

// ToLabel see ToUser.
func (n *gqlNode) ToLabel() (*gqlLabel, bool) { return as[*gqlLabel](n.v) }

// ToPullRequest see ToUser.
func (n *gqlNode) ToPullRequest() (*gqlPull, bool) { return as[*gqlPull](n.v) }

// ToIssueComment see ToUser.
func (n *gqlNode) ToIssueComment() (*gqlComment, bool) { return as[*gqlComment](n.v) }

// ToPullRequestReview see ToUser.
func (n *gqlNode) ToPullRequestReview() (*gqlReview, bool) { return as[*gqlReview](n.v) }

// ToPullRequestCommit see ToUser.
func (n *gqlNode) ToPullRequestCommit() (*gqlPullCommit, bool) { return as[*gqlPullCommit](n.v) }

// ToStatus see ToUser.
func (n *gqlNode) ToStatus() (*gqlStatus, bool) { return as[*gqlStatus](n.v) }

// ToStatusContext see ToUser.
func (n *gqlNode) ToStatusContext() (*gqlContext, bool) { return as[*gqlContext](n.v) }

// ToStatusCheckRollup see ToUser.
func (n *gqlNode) ToStatusCheckRollup() (*gqlRollup, bool) { return as[*gqlRollup](n.v) }

// ToCheckRun see ToUser: the stand-in has none.
func (n *gqlNode) ToCheckRun() (*gqlCheckRun, bool) { return nil, false }

// ToMergeQueue see ToUser.
func (n *gqlNode) ToMergeQueue() (*gqlQueue, bool) { return as[*gqlQueue](n.v) }

// ToMergeQueueEntry see ToUser.
func (n *gqlNode) ToMergeQueueEntry() (*gqlQueueEntry, bool) { return as[*gqlQueueEntry](n.v) }

// ToLabeledEvent see ToUser.
func (n *gqlNode) ToLabeledEvent() (*gqlEvent, bool) { return n.event("labeled") }

// ToUnlabeledEvent see ToUser.
func (n *gqlNode) ToUnlabeledEvent() (*gqlEvent, bool) { return n.event("unlabeled") }

// ToHeadRefForcePushedEvent see ToUser.
func (n *gqlNode) ToHeadRefForcePushedEvent() (*gqlEvent, bool) {
	return n.event("head_ref_force_pushed")
}

// ToBaseRefChangedEvent see ToUser.
func (n *gqlNode) ToBaseRefChangedEvent() (*gqlEvent, bool) { return n.event("base_ref_changed") }

// ToClosedEvent see ToUser.
func (n *gqlNode) ToClosedEvent() (*gqlEvent, bool) { return n.event("closed") }

// ToReopenedEvent see ToUser.
func (n *gqlNode) ToReopenedEvent() (*gqlEvent, bool) { return n.event("reopened") }

// ToMergedEvent see ToUser.
func (n *gqlNode) ToMergedEvent() (*gqlEvent, bool) { return n.event("merged") }

// ToRenamedTitleEvent see ToUser.
func (n *gqlNode) ToRenamedTitleEvent() (*gqlEvent, bool) { return n.event("renamed") }

// ToReadyForReviewEvent see ToUser.
func (n *gqlNode) ToReadyForReviewEvent() (*gqlEvent, bool) { return n.event("ready_for_review") }

// ToConvertToDraftEvent see ToUser.
func (n *gqlNode) ToConvertToDraftEvent() (*gqlEvent, bool) { return n.event("convert_to_draft") }

// ToAddedToMergeQueueEvent see ToUser.
func (n *gqlNode) ToAddedToMergeQueueEvent() (*gqlEvent, bool) {
	return n.event("added_to_merge_queue")
}

// ToRemovedFromMergeQueueEvent see ToUser.
func (n *gqlNode) ToRemovedFromMergeQueueEvent() (*gqlEvent, bool) {
	return n.event("removed_from_merge_queue")
}

func (n *gqlNode) event(kind string) (*gqlEvent, bool) {
	e, ok := n.v.(*gqlEvent)
	return e, ok && e.e.Kind == kind
}
