"""Answers and deliveries in the vendor's documented shapes, with invented content."""

from typing import Any

NARRATIVE = "Reviewed the merger file of a client who must not be named"

HYDRATED_ENTRY: dict[str, Any] = {
    "id": "64c777ddd3fcab07cfbb210c",
    "description": NARRATIVE,
    "tagIds": ["64c777ddd3fcab07cfbb210f"],
    "userId": "5a0ab5acb07987125438b60f",
    "billable": True,
    "taskId": "54m377ddd3fcab07cfbb432w",
    "projectId": "25b687e29ae1f428e7ebe123",
    "workspaceId": "64a687e29ae1f428e7ebe303",
    "timeInterval": {
        "start": "2026-06-30T22:00:00Z",
        "end": "2026-06-30T23:30:29Z",
        "duration": "PT1H30M29S",
    },
    "customFieldValues": [],
    "type": "REGULAR",
    "kioskId": None,
    "hourlyRate": {"amount": 10500, "currency": "USD"},
    "costRate": {"amount": 10500, "currency": "USD"},
    "isLocked": False,
    "project": {
        "id": "25b687e29ae1f428e7ebe123",
        "name": "HR-1042 Ledger migration",
        "clientId": "9t641568b07987035750704",
        "clientName": "Northwater Logistics",
        "workspaceId": "64a687e29ae1f428e7ebe303",
        "color": "#000000",
    },
    "task": {
        "id": "54m377ddd3fcab07cfbb432w",
        "name": "Build",
        "projectId": "25b687e29ae1f428e7ebe123",
        "status": "ACTIVE",
    },
    "tags": [{"id": "64c777ddd3fcab07cfbb210f", "name": "on site", "archived": False}],
    "user": {"id": "5a0ab5acb07987125438b60f", "name": "Kirra Donnelly", "status": "ACTIVE"},
}

USER: dict[str, Any] = {
    "id": "5a0ab5acb07987125438b60f",
    "email": "kirra@haldenridge.example",
    "name": "Kirra Donnelly",
    "memberships": [],
    "profilePicture": "https://img.clockify.me/no-user-image.png",
    "activeWorkspace": "64a687e29ae1f428e7ebe303",
    "defaultWorkspace": "64a687e29ae1f428e7ebe303",
    "settings": {
        "weekStart": "MONDAY",
        "timeZone": "Australia/Sydney",
        "timeFormat": "HOUR24",
        "dateFormat": "YYYY-MM-DD",
    },
    "status": "ACTIVE",
}

APPROVAL_ITEM: dict[str, Any] = {
    "approvalRequest": {
        "id": "61c9b4666574753612c708f4",
        "workspaceId": "64a687e29ae1f428e7ebe303",
        "dateRange": {"start": "2026-06-28T14:00:00Z", "end": "2026-07-05T13:59:59Z"},
        "owner": {
            "userId": "5a0ab5acb07987125438b60f",
            "userName": "Kirra Donnelly",
            "timeZone": "Australia/Sydney",
            "startOfWeek": "MONDAY",
        },
        "creator": {
            "userId": "5a0ab5acb07987125438b60f",
            "userName": "Kirra Donnelly",
            "userEmail": "kirra@haldenridge.example",
        },
        "status": {
            "state": "APPROVED",
            "updatedBy": "6137bb5addd64b2759e031e7",
            "updatedByUserName": "Ines Ferreira",
            "updatedAt": "2026-07-06T09:12:33Z",
            "note": "thank you",
        },
        "type": "TIMESHEET",
    },
    "entries": [
        {
            "id": "64c777ddd3fcab07cfbb210c",
            "description": NARRATIVE,
            "billable": True,
            "approvalRequestId": "61c9b4666574753612c708f4",
            "timeInterval": {
                "start": "2026-06-30T22:00:00Z",
                "end": "2026-06-30T23:30:30Z",
                "duration": "PT1H30M30S",
                "offsetStart": 600,
                "offsetEnd": 600,
                "timeZone": "Australia/Sydney",
                "zonedStart": "2026-07-01T08:00:00",
                "zonedEnd": "2026-07-01T09:30:30",
            },
            "type": "REGULAR",
            "isLocked": True,
            "project": {
                "id": "25b687e29ae1f428e7ebe123",
                "name": "HR-1042 Ledger migration",
                "clientId": "",
                "clientName": "",
                "color": "#000000",
            },
            "task": None,
            "tags": None,
            "hourlyRate": None,
            "costRate": None,
            "customFieldValues": [],
        },
        {
            "id": "64c777ddd3fcab07cfbb2110",
            "description": "lunch",
            "billable": False,
            "timeInterval": {
                "start": "2026-07-01T02:00:00Z",
                "end": "2026-07-01T02:30:00Z",
                "duration": "PT30M",
                "timeZone": "Australia/Sydney",
            },
            "type": "BREAK",
        },
    ],
    "expenses": [],
    "approvedTime": "PT1H30M30S",
    "billableAmount": 885877.7777777782,
    "costAmount": 7090133.833333326,
}

ENTRY_DELIVERY: dict[str, Any] = {
    "id": "5f118c837db7a8637ffcaf36",
    "description": NARRATIVE,
    "tagIds": ["5f118b747db7a8637ffcaf33"],
    "userId": None,
    "billable": True,
    "taskId": "5f1189847db7a8637ffcaf25",
    "projectId": "5f11849d4e759e12c40733d5",
    "timeInterval": {"start": "2026-07-17T11:35:01Z", "end": None, "duration": None},
    "workspaceId": "64a687e29ae1f428e7ebe303",
    "isLocked": False,
    "hourlyRate": None,
    "costRate": None,
    "customFieldValues": [],
    "user": {"name": "User", "id": "5ef1cf219f130f232cc34ddc"},
}

APPROVAL_DELIVERY: dict[str, Any] = {
    "id": "61c9b4666574753612c708f4",
    "workspaceId": "64a687e29ae1f428e7ebe303",
    "dateRange": {"start": "2026-06-28T14:00:00Z", "end": "2026-07-05T13:59:59Z"},
    "owner": {
        "userId": "5a0ab5acb07987125438b60f",
        "userName": "Kirra Donnelly",
        "timezone": "Australia/Sydney",
        "startOfWeek": "MONDAY",
    },
    "status": {
        "state": "APPROVED",
        "updatedBy": "6137bb5addd64b2759e031e7",
        "updatedByUserName": "Ines Ferreira",
        "updatedAt": "2026-07-06T09:12:33Z",
        "note": "",
    },
}
