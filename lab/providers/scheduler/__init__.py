"""EventBridge Scheduler: schedules that call their target when the lab's clock says so."""
