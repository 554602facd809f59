// Package kube reads Kubernetes manifests that hold no promise themselves: how many
// copies of a service there are, how many may be missing, how long a proxy waits
// (formats.md 1.9). A promise may rest on such a number, so a change of it is shown;
// what it means for customers nobody can tell from it, so it is never judged.
//
// Its one idea: a file counts as read only if every object in it is of a kind that is
// known to hold no promise (kinds.go). Of anything else, a custom resource or a
// ConfigMap, nobody can say what is in it, and another format has to know the file.
//
// To read more: a kind is a word in known, a value of it a case in values.
//
// The package refuses to judge, to guess at custom resources, and to add up what
// several manifests say about one service.
package kube
