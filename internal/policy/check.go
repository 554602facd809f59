package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// checker says what is wrong with a draft beyond its structure. With an owner
// default beneath it, floor is that default.
type checker struct {
	*draft
	floor *draft
	owner string // login; empty: not known

	known  []string          // functions that may be named
	named  []string          // those of them that are well named
	blind  bool              // known is not known
	labels map[string]string // sign-off label in lower case -> function
	items  map[string]bool   // ids that a rule may list
	ids    []string          // the same, sorted
}

// check reports everything that is wrong with the draft. floor is the owner
// default beneath it, nil if there is none or the draft is the default itself.
func (d *draft) check(floor *draft, owner string) {
	c := &checker{draft: d, floor: floor, owner: owner, blind: d.blind, known: d.declared, labels: map[string]string{}, items: map[string]bool{}}
	if floor != nil {
		c.blind = c.blind || floor.blind
		c.known = append(slices.Clone(floor.declared), c.known...)
		for _, f := range floor.raw.Functions {
			c.labels[strings.ToLower(f.label())] = f.Name.Text
		}
		for _, item := range floor.raw.Checklist {
			c.items[item.ID.Text] = true
		}
	}
	for _, item := range BuiltIn() {
		c.items[item.ID] = true
	}
	for _, item := range d.raw.Checklist {
		c.items[item.ID.Text] = true
	}
	delete(c.items, "") // items without an id, reported already
	c.ids = slices.Sorted(maps.Keys(c.items))
	c.known = slices.DeleteFunc(distinct(c.known), reserved)
	shape := regexp.MustCompile(functionShape)
	c.named = slices.DeleteFunc(slices.Clone(c.known), func(name string) bool { return !shape.MatchString(name) })
	c.functions()
	c.rules()
	c.checklist()
	if p := d.raw.Policy; p != nil && p.Require != nil {
		c.asked(*p.Require)
	}
	c.signoffs()
	c.catalog()
	c.severities()
}

// reserved names mean something else where a function may stand.
func reserved(name string) bool { return name == AuthorOwner || name == "policy" }

// distinct drops later doubles.
func distinct(names []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		double := seen[name]
		seen[name] = true
		return double
	})
}

func (c *checker) functions() {
	for _, f := range c.raw.Functions {
		if reserved(f.Name.Text) {
			c.nodef(f.Name.node, "%q is reserved and cannot be the name of a function", f.Name.Text)
			continue
		}
		if base, closed := c.floor.function(f.Name.Text); closed {
			c.raise(f, base)
			continue
		}
		if c.floor != nil && slices.Contains(c.floor.declared, f.Name.Text) {
			continue // the default's own is malformed, which is reported there
		}
		c.function(f)
	}
}

// function checks a function that the file defines itself.
func (c *checker) function(f rawNamedFunction) {
	def := f.Function
	if len(def.Teams)+len(def.Users) == 0 && !c.hurt[def.node] {
		c.node(f.Name.node, fmt.Sprintf("function %q has neither teams nor users", f.Name.Text), "teams", "users")
	}
	for _, team := range def.Teams {
		org, _, _ := strings.Cut(team.Text, "/")
		if c.owner != "" && !strings.EqualFold(org, c.owner) {
			c.node(team.node, fmt.Sprintf("%s is a team of another owner; only teams of %s can sign", quote(team.Text), c.owner), c.owner+"/…")
		}
	}
	if n := def.approvals(); len(def.Teams) == 0 && len(def.Users) > 0 && n > len(def.Users) && !c.hurt[def.node] {
		c.warnings.nodef(def.Approvals.node, "%d approvals are wanted, but the function has only %d users", n, len(def.Users))
	}
	c.label(f)
}

// label checks that the sign-off label means one thing only. GitHub does not
// tell labels apart by letter case.
func (c *checker) label(f rawNamedFunction) {
	label, node := f.label(), f.Name.node
	if f.Function.Label != nil {
		node = f.Function.Label.node
	}
	key := strings.ToLower(label)
	switch other, taken := c.labels[key]; {
	case label != strings.TrimSpace(label):
		c.nodef(node, "label %s starts or ends with a space", quote(label))
	case strings.HasPrefix(key, needsPrefix):
		c.nodef(node, "label %s is one that slagate puts on itself (%s…)", quote(label), needsPrefix)
	case taken:
		c.nodef(node, "label %s is already the sign-off label of function %q", quote(label), other)
	default:
		c.labels[key] = f.Name.Text
	}
}

// raise checks what a repository says about a function of the owner default:
// such a function is closed, only approvals may go up.
func (c *checker) raise(f rawNamedFunction, base rawFunction) {
	def := f.Function
	closed := fmt.Sprintf("function %q is defined in %s and closed; only approvals may be raised here", f.Name.Text, c.floor.file)
	for _, node := range []*yaml.Node{first(def.Teams), first(def.Users), def.Label.at()} {
		if node != nil {
			c.node(node, closed, "approvals")
		}
	}
	switch {
	case c.hurt[def.node]:
	case def.Approvals == nil && len(def.Teams)+len(def.Users) == 0 && def.Label == nil:
		c.node(f.Name.node, closed, "approvals")
	case def.Approvals != nil && def.approvals() < base.approvals():
		c.nodef(def.Approvals.node, "approvals of function %q may only be raised; %s asks for %d", f.Name.Text, c.floor.file, base.approvals())
	}
}

// first is the place of the first of some words; nil if there are none.
func first[W interface{ at() *yaml.Node }](list []W) *yaml.Node {
	if len(list) == 0 {
		return nil
	}
	return list[0].at()
}

func (c *checker) rules() {
	seen := map[string]int{}
	patterns, expanded := 0, 0
	for _, rule := range c.raw.Rules {
		c.ruleName(rule.Name, seen)
		for _, p := range slices.Concat(rule.Paths, rule.Branches) {
			if patterns++; patterns == maxPatterns+1 {
				c.nodef(p.node, "the file has more than %d patterns", maxPatterns)
			}
			if patterns > maxPatterns {
				continue
			}
			expanded += c.pattern(p)
			if expanded > maxExpanded {
				c.nodef(p.node, "the braces of this file stand for more than %d patterns", maxExpanded)
				patterns = maxPatterns + 1
			}
		}
		c.patternList(rule.Paths, "paths")
		c.patternList(rule.Branches, "branches")
		for _, p := range rule.Paths {
			c.lint(p)
		}
		c.asked(rule.Require.all())
		c.asks(rule.Checklist)
	}
}

func (c *checker) ruleName(name rawLine, seen map[string]int) {
	if name.node == nil {
		return
	}
	if line, twice := seen[name.Text]; twice {
		c.nodef(name.node, "rule %s stands here twice, first at line %d", quote(name.Text), line)
		return
	}
	seen[name.Text] = name.node.Line
	if c.floor == nil {
		return
	}
	for _, rule := range c.floor.raw.Rules {
		if rule.Name.Text == name.Text {
			c.nodef(name.node, "rule %s is already in %s; give this one another name", quote(name.Text), c.floor.file)
			return
		}
	}
}

// pattern reports a bad glob, and gives how many plain patterns a good one stands for.
func (c *checker) pattern(p rawPattern) int {
	if c.full() {
		return 0
	}
	if wrong := badGlob(p.Text); wrong != "" {
		c.nodef(p.node, "pattern %s: %s", quote(p.Text), wrong)
		return 0
	}
	all, _ := expand(p.Text)
	return len(all)
}

// patternList reports a list in which every pattern takes away.
func (c *checker) patternList(list []rawPattern, name string) {
	takes := func(p rawPattern) bool { return !strings.HasPrefix(p.Text, takesAway) }
	if len(list) > 0 && !slices.ContainsFunc(list, takes) {
		c.nodef(list[0].node, "every entry of %s takes away (%q), so nothing is left to match", name, takesAway)
	}
}

// lint warns of patterns that people misread.
func (c *checker) lint(p rawPattern) {
	rest, away := strings.CutPrefix(p.Text, takesAway)
	sign := ""
	if away {
		sign = takesAway
	}
	switch {
	case badGlob(p.Text) != "":
	case !strings.Contains(rest, "/") && rest != "**":
		c.warnings.nodef(p.node, "%s matches only in the root; did you mean %q? (write %q if the root is meant)", quote(p.Text), sign+"**/"+rest, sign+"/"+rest)
	case slices.ContainsFunc(strings.Split(rest, "/"), func(s string) bool { return strings.Contains(s, "**") && literalStars(s) }):
		c.warnings.nodef(p.node, `in %s "**" does not stand alone between slashes and means the same as "*"`, quote(p.Text))
	}
}

// literalStars reports whether a segment with "**" in it is more than that, and
// not one of braces, where it may stand alone after all.
func literalStars(segment string) bool {
	return segment != "**" && !strings.ContainsAny(segment, "{}[\\")
}

// asked checks a list of functions that must sign.
func (c *checker) asked(list []rawFunctionName) {
	for _, name := range list {
		c.ask(name.word)
	}
}

func (c *checker) ask(name word) {
	switch {
	case name.node == nil || slices.Contains(c.known, name.Text):
	case reserved(name.Text):
		c.nodef(name.node, "%q is reserved: it is no function that can be asked to sign", name.Text)
	case !c.blind:
		c.unknown(name.node, "function", c.named)
	}
}

// asks checks the checklist of a rule.
func (c *checker) asks(list []rawAsk) {
	seen := map[string]int{}
	for _, ask := range list {
		if ask.ID.node == nil {
			continue
		}
		line, twice := seen[ask.ID.Text]
		seen[ask.ID.Text] = ask.ID.node.Line
		switch {
		case twice:
			c.nodef(ask.ID.node, "checklist item %s is listed twice in this rule, first at line %d", quote(ask.ID.Text), line)
		case !c.items[ask.ID.Text]:
			c.unknown(ask.ID.node, "checklist item", c.ids)
		}
	}
}

// checklist checks the items that the file declares.
func (c *checker) checklist() {
	seen := map[string]int{}
	for _, item := range c.raw.Checklist {
		if item.Owner.node != nil && item.Owner.Text != AuthorOwner {
			c.itemOwner(item.Owner.word)
		}
		if item.ID.node == nil {
			continue
		}
		line, twice := seen[item.ID.Text]
		seen[item.ID.Text] = item.ID.node.Line
		switch {
		case twice:
			c.nodef(item.ID.node, "checklist item %s stands here twice, first at line %d", quote(item.ID.Text), line)
		case c.floor.hasItem(item.ID.Text):
			c.nodef(item.ID.node, "checklist item %s is already in %s; give this one another id", quote(item.ID.Text), c.floor.file)
		case c.floor.lists(item.ID.Text):
			c.nodef(item.ID.node, "the built-in checklist item %s is used by rules of %s and cannot be replaced here", quote(item.ID.Text), c.floor.file)
		}
	}
}

func (c *checker) itemOwner(owner word) {
	if slices.Contains(c.known, owner.Text) || c.blind {
		return
	}
	c.unknown(owner.node, "owner", append(slices.Clone(c.named), AuthorOwner))
}

// hasItem reports whether the draft declares the checklist item.
func (d *draft) hasItem(id string) bool {
	return d != nil && slices.ContainsFunc(d.raw.Checklist, func(i rawItem) bool { return i.ID.Text == id })
}

// lists reports whether a rule of the draft lists the checklist item.
func (d *draft) lists(id string) bool {
	return d != nil && slices.ContainsFunc(d.raw.Rules, func(r rawRule) bool {
		return slices.ContainsFunc(r.Checklist, func(a rawAsk) bool { return a.ID.Text == id })
	})
}

// signoffs checks what is said about sign-offs against the owner default.
func (c *checker) signoffs() {
	mine := c.raw.SignOffs
	if mine == nil || c.floor == nil {
		return
	}
	base := c.floor.raw.SignOffs.settings()
	if len(mine.Methods) > 0 && len(common(base.Methods, mine.settings().Methods)) == 0 {
		c.node(first(mine.Methods), fmt.Sprintf("none of these methods is allowed by %s, so nobody could sign", c.floor.file), names(base.Methods)...)
	}
	for key, flag := range map[string]struct {
		mine *rawFlag
		base bool
	}{
		"author":     {mine.Author, base.Author},
		"committers": {mine.Committers, base.Committers},
		"several":    {mine.Several, base.Several},
	} {
		if flag.mine != nil && flag.mine.Value && !flag.base {
			c.warnings.nodef(flag.mine.node, "%s: true has no effect, %s does not allow it", key, c.floor.file)
		}
	}
	if mine.OnPush != nil && mine.OnPush.Text == pushKeep && base.Reset {
		c.warnings.nodef(mine.OnPush.node, "on_push: %s has no effect, %s asks for %s", pushKeep, c.floor.file, pushReset)
	}
}
