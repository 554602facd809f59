package policy

import (
	"bytes"
	"encoding/json"

	"github.com/invopop/jsonschema"
)

// schemaID is where the published schema lives.
const schemaID = "https://raw.githubusercontent.com/slagate/slagate/main/config/slagate.schema.json"

// Schema is the JSON Schema of a policy file, as committed under
// config/slagate.schema.json. It is generated from the Go types that the
// loader reads the file into, and lists the built-in checklist items.
func Schema() []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(fileSchema()); err != nil {
		// The schema is made of this package's own types; a test encodes it.
		panic("policy: schema: " + err.Error())
	}
	return out.Bytes()
}

// fileSchema is the schema of the whole file.
func fileSchema() *jsonschema.Schema {
	s := reflectSchema(rawPolicy{})
	s.Version = jsonschema.Version
	s.ID = schemaID
	s.Title = "slagate policy"
	s.Description = "Which files carry promises to customers, and who must agree when one changes: .github/slagate.yml of a repository, or slagate.yml in the owner's .github repository."
	return s
}

// reflectSchema is the schema of one type, written out without references.
func reflectSchema(v any) *jsonschema.Schema {
	reflector := jsonschema.Reflector{Anonymous: true, DoNotReference: true}
	s := reflector.Reflect(v)
	s.Version = ""
	return s
}
