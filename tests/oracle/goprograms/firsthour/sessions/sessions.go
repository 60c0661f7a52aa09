// Package sessions keeps who is logged in, and forgets nobody.
package sessions

import "sync"

// Session is what is known of a visitor.
type Session struct {
	User  int
	Pages [4096]byte
}

// Store has the sessions by user.
type Store struct {
	lock sync.Mutex
	open map[int]*Session
}

// NewStore makes an empty one.
func NewStore() *Store {
	return &Store{open: map[int]*Session{}}
}

// Login opens a session.
//
//go:noinline
func (s *Store) Login(user int) *Session {
	s.lock.Lock()
	defer s.lock.Unlock()
	session := &Session{User: user}
	s.open[user] = session
	return session
}
