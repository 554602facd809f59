package terraform

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// canonical writes an expression or block in one spelling: comments away, line breaks
// to blanks or commas, one blank between words. Quoted text stays as it is.
func canonical(src []byte) string {
	tokens, _ := hclsyntax.LexExpression(src, "", hcl.InitialPos)
	w := speller{}
	for _, t := range tokens {
		w.token(t)
	}
	return strings.TrimSpace(w.out.String())
}

// speller writes tokens. open are the brackets that it is in.
type speller struct {
	out     strings.Builder
	open    []hclsyntax.TokenType
	last    hclsyntax.TokenType // the last one written, 0 for none
	unary   bool                // it was a sign, not an operator
	loop    bool                // it was the word in of a loop
	newline bool                // a line break that separates entries, if anything follows
}

func (w *speller) in() hclsyntax.TokenType {
	if len(w.open) == 0 {
		return 0
	}
	return w.open[len(w.open)-1]
}

// oneOf reports whether a token is of one of some kinds.
func oneOf(t hclsyntax.TokenType, kinds ...hclsyntax.TokenType) bool {
	return slices.Contains(kinds, t)
}

func (w *speller) token(t hclsyntax.Token) {
	inBraces := w.in() == hclsyntax.TokenOBrace
	switch {
	case oneOf(t.Type, hclsyntax.TokenEOF):
		return
	case oneOf(t.Type, hclsyntax.TokenComment):
		// A comment to the end of the line holds the line break.
		w.newline = w.newline || strings.HasSuffix(string(t.Bytes), "\n") && inBraces
		return
	case oneOf(t.Type, hclsyntax.TokenNewline):
		w.newline = w.newline || inBraces
		return
	case oneOf(t.Type, hclsyntax.TokenComma):
		w.newline = true
		return
	}
	closing := oneOf(t.Type, hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen)
	if w.newline && !closing && !oneOf(w.last, hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen) {
		w.out.WriteString(",")
		w.last, w.unary = hclsyntax.TokenComma, false
	}
	w.newline = false
	sign := t.Type == hclsyntax.TokenBang || t.Type == hclsyntax.TokenMinus && !ends(w.last)
	if w.apart(t.Type) {
		w.out.WriteByte(' ')
	}
	w.out.Write(t.Bytes)
	w.nest(t.Type)
	w.last, w.unary, w.loop = t.Type, sign, t.Type == hclsyntax.TokenIdent && string(t.Bytes) == "in"
}

// opens and closes tell the tokens that others stand between.
func opens(t hclsyntax.TokenType) bool {
	return oneOf(t, hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc,
		hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl)
}

func closes(t hclsyntax.TokenType) bool {
	return oneOf(t, hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc,
		hclsyntax.TokenTemplateSeqEnd)
}

func (w *speller) nest(t hclsyntax.TokenType) {
	switch {
	case opens(t):
		w.open = append(w.open, t)
	case closes(t) && len(w.open) > 0:
		w.open = w.open[:len(w.open)-1]
	}
}

// ends reports whether a token can end a term, so that a minus after it subtracts.
func ends(t hclsyntax.TokenType) bool {
	return oneOf(t, hclsyntax.TokenIdent, hclsyntax.TokenNumberLit, hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenCBrace,
		hclsyntax.TokenCQuote, hclsyntax.TokenStar)
}

// apart reports whether a blank belongs before a token.
func (w *speller) apart(t hclsyntax.TokenType) bool {
	switch {
	case oneOf(w.in(), hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc),
		oneOf(w.last, 0, hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenDot, hclsyntax.TokenTemplateInterp,
			hclsyntax.TokenTemplateControl, hclsyntax.TokenDoubleColon):
		return false
	case t == hclsyntax.TokenCBrace:
		return w.last != hclsyntax.TokenOBrace
	case t == hclsyntax.TokenColon:
		return w.in() != hclsyntax.TokenOBrace
	case oneOf(t, hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenDot, hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenEllipsis,
		hclsyntax.TokenDoubleColon):
		return false
	case t == hclsyntax.TokenOParen:
		return w.last != hclsyntax.TokenIdent && !w.unary
	case t == hclsyntax.TokenOBrack:
		return (w.loop || !ends(w.last)) && !w.unary
	}
	return !w.unary
}
