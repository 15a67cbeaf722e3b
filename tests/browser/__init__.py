"""The pages as people meet them: in a browser, on the demo's caseload."""
