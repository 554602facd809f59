package githubsim

func (s *Server) graphqlRoute() route {
	return route{pattern: "POST /graphql", handle: func(*call) (any, error) { return object{}, nil }}
}
