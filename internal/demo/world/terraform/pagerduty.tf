resource "pagerduty_service" "checkout" {
  name                    = "Checkout"
  escalation_policy       = pagerduty_escalation_policy.payments.id
  acknowledgement_timeout = 600
  auto_resolve_timeout    = "null"
}

resource "pagerduty_escalation_policy" "payments" {
  name      = "Payments"
  num_loops = 2

  rule {
    escalation_delay_in_minutes = 15
    target {
      type = "schedule_reference"
      id   = pagerduty_schedule.payments_primary.id
    }
  }

  rule {
    escalation_delay_in_minutes = 20
    target {
      type = "schedule_reference"
      id   = pagerduty_schedule.payments_secondary.id
    }
  }

  rule {
    escalation_delay_in_minutes = 30
    target {
      type = "user_reference"
      id   = data.pagerduty_user.head_of_engineering.id
    }
  }
}
