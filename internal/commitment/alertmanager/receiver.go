package alertmanager

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
)

// receiver reads where notifications go: every list named after an integration
// (slack_configs, pagerdutyConfigs), also of integrations that are new to us.
func (r *reader) receiver(n source.Node) commitment.Receiver {
	out := commitment.Receiver{Name: n.Get("name").Shown(), Line: n.Line()}
	for _, item := range n.Get("receivers").Items() { // of a contact point
		kind := integration(item.Get("type").Shown())
		out.Integrations = append(out.Integrations, r.ways(kind, item.Get("settings"))...)
	}
	for _, p := range n.Pairs() {
		kind, ok := strings.CutSuffix(snake(p.Key), "_configs")
		if !ok {
			continue
		}
		kind = integration(kind)
		if !p.Value.IsNull() && !p.Value.IsList() {
			out.Integrations = append(out.Integrations, commitment.Integration{Type: kind, Target: p.Value.Shown()})
		}
		for _, item := range p.Value.Items() {
			out.Integrations = append(out.Integrations, r.ways(kind, item)...)
		}
	}
	return out
}

// ways are the integrations that one entry makes: a mail to several people is one to each.
func (r *reader) ways(kind string, n source.Node) []commitment.Integration {
	settings := r.settings(kind, n)
	to := []string{settings["to"]}
	if kind == "email" && !expression.MatchString(to[0]) {
		to = strings.Split(to[0], ",")
	}
	var out []commitment.Integration
	for _, one := range to {
		settings["to"] = strings.TrimSpace(one)
		if i := (commitment.Integration{Type: kind, Target: target(settings)}); !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	return out
}

// integration is one name for an integration in both spellings.
func integration(kind string) string {
	switch kind {
	case "ops_genie":
		return "opsgenie"
	case "victor_ops":
		return "victorops"
	case "msteams_v2", "msteamsv2", "ms_teams", "teams":
		return "msteams"
	case "pager_duty":
		return "pagerduty"
	}
	return kind
}

// settings are those that say where a message goes, with those of the file's global
// part where the receiver has none of its own.
func (r *reader) settings(kind string, n source.Node) map[string]string {
	settings := map[string]string{}
	for _, p := range n.Pairs() {
		key := snake(p.Key)
		if cosmetic(key) || p.Value.IsNull() {
			continue
		}
		settings[key] = plain(key, p.Value)
	}
	for _, f := range fallbacks(kind) {
		if slices.ContainsFunc(f.own, func(key string) bool { return settings[key] != "" }) {
			continue
		}
		for _, key := range f.global {
			if v := r.global.Get(key); !v.IsNull() {
				settings[f.own[0]] = plain(key, v)
				break
			}
		}
	}
	return settings
}

// target is the canonical text of settings.
func target(settings map[string]string) string {
	parts := make([]string, 0, len(settings))
	for key, value := range settings {
		if value != "" {
			parts = append(parts, key+" "+value)
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// cosmetic settings change how a message looks or how it is sent, not who gets it.
// What is not listed counts: a new setting that we do not know is better asked about.
func cosmetic(key string) bool {
	return slices.Contains([]string{
		"send_resolved", "title", "title_link", "text", "pretext", "color", "fallback", "icon_emoji", "icon_url", "username",
		"footer", "short_fields", "link_names", "mrkdwn_in", "fields", "actions", "image_url", "thumb_url", "callback_id",
		"description", "details", "client", "client_url", "images", "image", "links", "link", "message", "note", "summary", "html", "headers",
		"subject", "parse_mode", "tls_config", "http_config", "max_alerts", "timeout", "attributes", "source", "class", "component",
		"group", "state_message", "entity_display_name", "monitoring_tool", "custom_fields", "labels", "avatar_url", "content", "emoji",
		"url_title", "sound", "require_tls", "hello", "threading", "update_message", "attachments", "props", "pagerduty_image_configs",
		"pagerduty_link_configs", "text_alignment", "footer_icon", "author_name", "author_link",
	}, key)
}

// fallback: where a receiver has none of its own settings, the first of the global ones counts.
type fallback struct{ own, global []string }

// fallbacks are the global settings that say where a message of an integration goes
// (https://prometheus.io/docs/alerting/latest/configuration/#file-layout-and-global-settings).
func fallbacks(kind string) []fallback {
	pairs := func(prefix string, keys ...string) []fallback {
		var out []fallback
		for _, key := range keys {
			out = append(out, fallback{[]string{key, key + "_file"}, []string{prefix + key, prefix + key + "_file"}})
		}
		return out
	}
	switch kind {
	case "slack":
		return []fallback{{[]string{"api_url", "api_url_file", "app_token", "app_token_file"}, []string{"slack_api_url", "slack_api_url_file", "slack_app_token", "slack_app_token_file"}}}
	case "pagerduty":
		return []fallback{{[]string{"url"}, []string{"pagerduty_url"}}}
	case "opsgenie", "victorops":
		return pairs(kind+"_", "api_key", "api_url")
	case "email":
		return pairs("smtp_", "smarthost", "from")
	case "telegram":
		return pairs("telegram_", "bot_token", "api_url")
	case "webex", "jira":
		return pairs(kind+"_", "api_url")
	case "wechat":
		return pairs("wechat_api_", "secret", "corp_id", "url")
	case "rocketchat":
		return pairs("rocketchat_", "api_url", "token", "token_id")
	case "mattermost":
		return pairs("mattermost_", "webhook_url")
	}
	return nil
}

// addressSetting: a global setting that is part of a receiver's address.
func addressSetting(key string) bool {
	for _, kind := range []string{"slack", "pagerduty", "opsgenie", "victorops", "email", "telegram", "webex", "jira", "wechat", "rocketchat", "mattermost"} {
		for _, f := range fallbacks(kind) {
			if slices.Contains(f.global, key) {
				return true
			}
		}
	}
	return false
}

var (
	secretKey = regexp.MustCompile(`(?i)url$|key$|token|secret|password|credential`)
	// blank is what people write where a secret would stand: it tells nothing.
	blank = regexp.MustCompile(`(?i)^<.*>$|redact|change.?me|placeholder|x{3,}|\*{3,}|dummy|^secret$|your[-_ ]`)
	// expression is a reference, filled in when the file is deployed.
	expression = regexp.MustCompile(`\{\{|\$\{|\$\(|<%|%\{|^\$[A-Za-z_]+$|^__\w+__$`)
)

// plain is a setting's text without secrets. References to a Secret and expressions
// of templates are none; what stands in for a secret is left out, for it does not
// tell one address from another.
func plain(key string, v source.Node) string {
	text := strings.Join(strings.Fields(v.Shown()), " ")
	switch {
	case !v.IsScalar():
		return v.String()
	case strings.HasSuffix(key, "_file"), !secretKey.MatchString(key), expression.MatchString(text):
		return text
	case blank.MatchString(text):
		return ""
	}
	return "#" + hash(text)
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:3])
}
