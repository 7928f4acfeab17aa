package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// client is the supervisor's own, as administrator.
type client struct {
	server string
	http   *http.Client
}

// status is the HTTP status of a GET, 0 when there was no answer.
func (c *client) status(path string) int {
	r, err := c.http.Get(c.server + path)
	if err != nil {
		return 0
	}
	defer r.Body.Close()
	_, _ = io.Copy(io.Discard, r.Body)
	return r.StatusCode
}

// get decodes an answer and says whether there was one.
func (c *client) get(path string, into any) bool {
	r, err := c.http.Get(c.server + path)
	if err != nil {
		return false
	}
	defer r.Body.Close()
	return r.StatusCode == http.StatusOK && json.NewDecoder(r.Body).Decode(into) == nil
}

// create posts one object; one that exists already is left as it is.
func (c *client) create(path string, object any) error {
	body, err := json.Marshal(object)
	if err != nil {
		return err
	}
	r, err := c.http.Post(c.server+path, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusCreated && r.StatusCode != http.StatusConflict {
		answer, _ := io.ReadAll(r.Body)
		return fmt.Errorf("POST %s: %s: %s", path, r.Status, answer)
	}
	return nil
}
