package main

import (
	"fmt"
	"net/smtp"
)

func main() {
	fmt.Println(smtp.SendMail("mail:25", nil, "a@example.org", []string{"b@example.org"}, nil))
}
